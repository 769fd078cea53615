#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace cellmon::harness {

/// The file of what was received when: a line `{"client","sequence","receivedAtUs"}` for each
/// snapshot and delta, in wall clock µs.
class Samples {
  public:
    static Result<Samples> create(const std::string& path) {
        Samples samples;
        samples.file_.open(path, std::ios::binary | std::ios::trunc);
        if (!samples.file_) return fail(ErrorCode::io, fmt::format("cannot write {}", path));
        return samples;
    }

    void add(std::size_t client, std::uint64_t sequence, TimeUs received_us) {
        fmt::format_to(std::back_inserter(text_),
                       "{{\"client\":{},\"sequence\":{},\"receivedAtUs\":{}}}\n", client, sequence,
                       received_us);
        if (text_.size() >= kFlushBytes) flush();
    }

    Result<void> finish() {
        flush();
        file_.close();
        if (!file_) return fail(ErrorCode::io, "the samples could not be written");
        return {};
    }

  private:
    static constexpr std::size_t kFlushBytes = 1U << 20U;

    void flush() {
        file_ << text_;
        text_.clear();
    }

    std::ofstream file_;
    std::string text_;
};

}  // namespace cellmon::harness
