#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace cellmon::influxdb {

/// Where an event's point lies in time: the millisecond of the event, and below it the place of its
/// sequence. With `block_of` as a tag no two points of a journal ever have one place.
[[nodiscard]] std::int64_t point_time_ns(TimeUs time_us, std::uint64_t sequence);
[[nodiscard]] std::uint64_t block_of(std::uint64_t sequence);

/// The value as a tag holds it. The line protocol cannot say a newline in a tag, nor a backslash
/// at its end: control characters become their pictures (U+2400 …), a backslash U+FF3C.
[[nodiscard]] std::string tag_text(std::string_view value);

/// Appends points in InfluxDB's line protocol to a text. Names of measurements, tags and fields are
/// the program's own and need no escape; values are any valid UTF-8.
class LineWriter {
  public:
    explicit LineWriter(std::string& out) : out_(out) {}

    void begin(std::string_view measurement) {
        out_ += measurement;
        fields_ = 0;
    }

    /// Before the fields, sorted by their keys (InfluxDB sorts them otherwise). An empty value is
    /// no tag.
    void tag(std::string_view key, std::string_view value);
    void tag(std::string_view key, std::uint64_t value);

    void text(std::string_view key, std::string_view value);
    void integer(std::string_view key, std::int64_t value);
    void real(std::string_view key, double value);  ///< Finite.
    void boolean(std::string_view key, bool value);

    /// At least one field came before.
    void end(std::int64_t time_ns);

  private:
    void field(std::string_view key);

    std::string& out_;
    std::size_t fields_ = 0;
};

}  // namespace cellmon::influxdb
