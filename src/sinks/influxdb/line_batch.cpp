#include "sinks/influxdb/line_batch.hpp"

namespace cellmon::influxdb {

void LineBatch::note_line(std::uint64_t sequence, std::string_view measurement) {
    lines_.push_back({sequence, measurement, noted_});
    noted_ = text_.size();
}

void LineBatch::note_lines(std::uint64_t sequence, std::string_view measurement) {
    while (noted_ < text_.size()) {
        lines_.push_back({sequence, measurement, noted_});
        noted_ = text_.find('\n', noted_) + 1;
    }
}

std::string_view LineBatch::lines(std::size_t first, std::size_t last) const {
    const std::size_t begin = lines_[first].begin;
    const std::size_t end = last < lines_.size() ? lines_[last].begin : text_.size();
    return std::string_view(text_).substr(begin, end - begin);
}

void LineBatch::clear() {
    text_.clear();
    lines_.clear();
    noted_ = 0;
}

}  // namespace cellmon::influxdb
