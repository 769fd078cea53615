#include "telemetry/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace cellmon::telemetry {

namespace {

spdlog::level::level_enum convert(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::off:
            return spdlog::level::off;
    }
    return spdlog::level::off;
}

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit FunctionSink(std::function<void(std::string_view)> function)
        : function_(std::move(function)) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        function_({line.data(), line.size()});
    }
    void flush_() override {}

    std::function<void(std::string_view)> function_;
};

/// One message is one line: what would break the line, or move a terminal's cursor, is escaped.
/// With `json` the result also fits between the quotes of a JSON string.
std::string escaped(std::string_view message, bool json) {
    std::string out;
    out.reserve(message.size());
    for (const char c : message) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\u{:04x}", byte);
        } else if (json && (c == '"' || c == '\\')) {
            out += '\\';
            out += c;
        } else {
            out += c;
        }
    }
    return out;
}

std::unique_ptr<spdlog::formatter> formatter_for(LogFormat format) {
    const char* pattern = format == LogFormat::json
                              ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})"
                              : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v";
    return std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc,
                                                       "\n");
}

}  // namespace

class Log::Impl {
  public:
    Impl(LogOptions options, spdlog::sink_ptr sink)
        : format_(options.format), logger_("cellmon", std::move(sink)) {
        logger_.set_level(convert(options.level));
        logger_.set_formatter(formatter_for(format_));
        logger_.flush_on(spdlog::level::trace);
    }

    void write(LogLevel level, std::string_view message) {
        const std::string line = escaped(message, format_ == LogFormat::json);
        logger_.log(convert(level), spdlog::string_view_t(line.data(), line.size()));
    }

  private:
    LogFormat format_;
    spdlog::logger logger_;
};

Log::Log(LogOptions options)
    : level_(options.level),
      impl_(std::make_unique<Impl>(options, std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

Log::Log(LogOptions options, std::function<void(std::string_view)> sink)
    : level_(options.level),
      impl_(std::make_unique<Impl>(options, std::make_shared<FunctionSink>(std::move(sink)))) {}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view message) {
    if (enabled(level) && level != LogLevel::off) impl_->write(level, message);
}

}  // namespace cellmon::telemetry
