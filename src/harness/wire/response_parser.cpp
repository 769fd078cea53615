#include "harness/wire/response_parser.hpp"

#include <algorithm>
#include <charconv>

namespace cellmon::harness {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        const auto lower = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        };
        return lower(x) == lower(y);
    });
}

template <typename T>
bool read_number(std::string_view text, T& value, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc() && end != text.data();
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

}  // namespace

void ResponseParser::reset() {
    response_ = Response{};
    buffer_.erase(0, position_);
    position_ = 0;
    part_ = Part::head;
    remaining_ = 0;
    started_ = !buffer_.empty();
}

ResponseParser::State ResponseParser::feed(std::string_view bytes) {
    started_ |= !bytes.empty();
    buffer_ += bytes;
    return parse();
}

ResponseParser::State ResponseParser::end_of_stream() {
    if (part_ != Part::until_close) return State::broken;
    part_ = Part::done;
    response_.keep_alive = false;
    return State::complete;
}

bool ResponseParser::take_line(std::string_view& line) {
    const auto end = buffer_.find('\n', position_);
    if (end == std::string::npos) return false;
    line = trimmed(std::string_view(buffer_).substr(position_, end - position_));
    position_ = end + 1;
    return true;
}

bool ResponseParser::parse_head(std::string_view head) {
    if (!head.starts_with("HTTP/1.") || head.size() < 12) return false;
    response_.keep_alive = head[7] == '1';
    if (!read_number(head.substr(9, 3), response_.status)) return false;
    bool chunked = false;
    bool has_length = false;
    for (auto line_end = head.find('\n'); line_end != std::string_view::npos;
         line_end = head.find('\n')) {
        head.remove_prefix(line_end + 1);
        const auto line = head.substr(0, head.find('\n'));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const auto name = line.substr(0, colon);
        const auto value = trimmed(line.substr(colon + 1));
        if (equal_ignoring_case(name, "content-length")) {
            if (!read_number(value, remaining_) || remaining_ > kMaxBodyBytes) return false;
            has_length = true;
        } else if (equal_ignoring_case(name, "transfer-encoding")) {
            chunked = equal_ignoring_case(value, "chunked");
        } else if (equal_ignoring_case(name, "retry-after")) {
            if (!read_number(value, response_.retry_after_s)) response_.retry_after_s = 0;
        } else if (equal_ignoring_case(name, "connection")) {
            if (equal_ignoring_case(value, "close")) response_.keep_alive = false;
        }
    }
    const bool no_body = response_.status == 204 || response_.status == 304;
    if (no_body) {
        part_ = Part::done;
    } else if (chunked) {
        part_ = Part::chunk_size;
    } else if (has_length) {
        part_ = remaining_ == 0 ? Part::done : Part::body;
    } else {
        part_ = Part::until_close;
    }
    return true;
}

ResponseParser::State ResponseParser::parse() {
    for (;;) {
        std::string_view line;
        const std::size_t available = buffer_.size() - position_;
        switch (part_) {
            case Part::head: {
                const auto end = buffer_.find("\r\n\r\n", position_);
                if (end == std::string::npos) {
                    return available > kMaxHeadBytes ? State::broken : State::incomplete;
                }
                if (!parse_head(std::string_view(buffer_).substr(position_, end - position_)))
                    return State::broken;
                position_ = end + 4;
                if (response_.status / 100 == 1)
                    part_ = Part::head;  // 100 Continue and the like come before the answer.
                break;
            }
            case Part::body:
            case Part::chunk: {
                const auto take = std::min(available, remaining_);
                response_.body.append(buffer_, position_, take);
                if (response_.body.size() > kMaxBodyBytes) return State::broken;
                position_ += take;
                remaining_ -= take;
                if (remaining_ > 0) return State::incomplete;
                part_ = part_ == Part::body ? Part::done : Part::chunk_end;
                break;
            }
            case Part::chunk_size:
                if (!take_line(line)) return State::incomplete;
                if (!read_number(line, remaining_, 16) || remaining_ > kMaxBodyBytes)
                    return State::broken;
                part_ = remaining_ == 0 ? Part::trailer : Part::chunk;
                break;
            case Part::chunk_end:
                if (!take_line(line)) return State::incomplete;
                if (!line.empty()) return State::broken;
                part_ = Part::chunk_size;
                break;
            case Part::trailer:
                if (!take_line(line)) return State::incomplete;
                if (line.empty()) part_ = Part::done;
                break;
            case Part::until_close:
                response_.body.append(buffer_, position_);
                position_ = buffer_.size();
                return response_.body.size() > kMaxBodyBytes ? State::broken : State::incomplete;
            case Part::done:
                return State::complete;
        }
    }
}

}  // namespace cellmon::harness
