#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.hpp"
#include "io/file_system.hpp"
#include "telemetry/log.hpp"
#include "telemetry/say_once.hpp"

namespace cellmon::server {

/// A file of what the database says, for a start without the database. One thread at a time; calls
/// block.
class LocalCopy {
  public:
    struct Dependencies {
        io::FileSystem& files;
        const Clock& clock;
        telemetry::Log& log;
    };

    /// `of` completes "cannot write the file of …"; `none` is what a missing file says.
    LocalCopy(std::string path, std::string_view of, std::string none, Dependencies dependencies)
        : path_(std::move(path)),
          of_(of),
          files_(dependencies.files),
          unwritten_(dependencies.log, dependencies.clock, telemetry::LogLevel::warn),
          text_(std::move(none)) {}

    [[nodiscard]] const std::string& path() const { return path_; }

    /// What `parse` makes of the file's text; nullopt without a file. Behind an error the next
    /// write() writes in any case.
    template <typename Parse,
              typename Value = typename std::invoke_result_t<Parse, const std::string&>::value_type>
    Result<std::optional<Value>> read(Parse parse) {
        auto text = io::read_file(files_, path_);
        if (!text && text.error().code == ErrorCode::not_found) return std::nullopt;
        text_.clear();
        if (!text) return fail(text.error());
        CELLMON_TRY_ASSIGN(auto value, parse(*text));
        text_ = std::move(*text);
        return value;
    }

    [[nodiscard]] bool holds(std::string_view text) const { return text_ == text; }

    /// Unless the file holds it; that it cannot be written is said in the log.
    void write(std::string text);

  private:
    const std::string path_;
    const std::string_view of_;
    io::FileSystem& files_;
    telemetry::SayOnce unwritten_;
    std::string text_;  ///< What the file holds.
};

}  // namespace cellmon::server
