#include <cerrno>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/classroom/json_text.hpp"
#include "harness/ledger/ledger.hpp"

namespace cellmon::harness {
namespace {

/// Where the last whole line ends; 0 when there is none.
Result<off_t> end_of_last_line(int descriptor) {
    struct stat status{};
    if (fstat(descriptor, &status) != 0)
        return fail(error_from_errno(errno, "read the ledger's size"));
    std::string block(1U << 16U, '\0');
    off_t end = status.st_size;
    while (end > 0) {
        const auto want = std::min<off_t>(end, static_cast<off_t>(block.size()));
        const auto got =
            pread(descriptor, block.data(), static_cast<std::size_t>(want), end - want);
        if (got != want) return fail(error_from_errno(errno, "read the ledger"));
        const auto newline =
            std::string_view(block.data(), static_cast<std::size_t>(want)).rfind('\n');
        if (newline != std::string_view::npos) return end - want + static_cast<off_t>(newline) + 1;
        end -= want;
    }
    return 0;
}

void append_execution(std::string& line, const Execution& execution) {
    fmt::format_to(std::back_inserter(line), ",\"status\":\"{}\"", execution.status);
    if (execution.duration_us) {
        fmt::format_to(std::back_inserter(line), ",\"duration_us\":{}", *execution.duration_us);
    }
    if (!execution.error_name.empty()) {
        line += ",\"error_name\":";
        append_json_string(line, execution.error_name);
    }
}

}  // namespace

Result<LedgerWriter> LedgerWriter::create(const std::string& path, const LedgerHeader& header) {
    if (path.empty()) return LedgerWriter(-1);
    const int descriptor =
        open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor < 0)
        return fail(error_from_errno(errno, fmt::format("create the ledger {}", path)));
    LedgerWriter writer(descriptor);
    JsonObject object(writer.lines_);
    object.number("ledger", kLedgerVersion);
    object.number("students", header.students);
    object.number("minutes", header.minutes);
    object.raw("seed", fmt::format("{}", header.seed));
    object.text("start", format_time(header.start_us));
    object.text("class", header.class_code);
    object.boolean("flood", header.flood);
    object.number("errors_per_mille", header.errors_per_mille);
    object.close();
    writer.lines_ += '\n';
    CELLMON_TRY(writer.flush());
    return writer;
}

Result<LedgerWriter> LedgerWriter::append(const std::string& path) {
    const int descriptor = open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
    if (descriptor < 0)
        return fail(error_from_errno(errno, fmt::format("open the ledger {}", path)));
    LedgerWriter writer(descriptor);
    CELLMON_TRY_ASSIGN(const off_t end, end_of_last_line(descriptor));
    if (ftruncate(descriptor, end) != 0)
        return fail(error_from_errno(errno, "cut the ledger's torn line"));
    return writer;
}

LedgerWriter::LedgerWriter(LedgerWriter&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), lines_(std::move(other.lines_)) {}

LedgerWriter::~LedgerWriter() {
    if (descriptor_ >= 0) close(descriptor_);
}

void LedgerWriter::sent(const Id128& id, const EventContent& content, std::int64_t intended_us,
                        std::int64_t sent_us) {
    if (!enabled()) return;
    lines_ += "{\"id\":\"";
    lines_ += id.to_string();
    lines_ += "\",\"email\":";
    append_json_string(lines_, content.email);
    lines_ += ",\"type\":";
    append_json_string(lines_, content.type);
    fmt::format_to(std::back_inserter(lines_), ",\"time_us\":{},\"notebook\":", content.time_us);
    append_json_string(lines_, content.notebook);
    if (!content.cell.empty()) {
        lines_ += ",\"cell\":";
        append_json_string(lines_, content.cell);
    }
    if (content.has_error) lines_ += *content.has_error ? ",\"error\":true" : ",\"error\":false";
    if (content.execution_count) {
        fmt::format_to(std::back_inserter(lines_), ",\"count\":{}", *content.execution_count);
    }
    if (!content.execution.status.empty()) append_execution(lines_, content.execution);
    fmt::format_to(
        std::back_inserter(lines_),
        ",\"texts\":\"{:016x}\",\"intended_us\":{},\"sent_us\":{},\"outcome\":\"unknown\"}}\n",
        content.texts_hash, intended_us, sent_us);
}

void LedgerWriter::outcome(const Id128& id, std::int64_t sent_us, Outcome outcome) {
    if (!enabled()) return;
    fmt::format_to(std::back_inserter(lines_),
                   "{{\"id\":\"{}\",\"sent_us\":{},\"outcome\":\"{}\"}}\n", id.to_string(), sent_us,
                   name_of(outcome));
}

Result<void> LedgerWriter::flush() {
    std::string_view rest = lines_;
    while (enabled() && !rest.empty()) {
        const auto written = write(descriptor_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail(error_from_errno(errno, "write the ledger"));
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    lines_.clear();
    return {};
}

}  // namespace cellmon::harness
