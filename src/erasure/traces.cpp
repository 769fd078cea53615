#include "erasure/traces.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/mention.hpp"
#include "classroom/erasure.hpp"
#include "erasure/journal_scan.hpp"
#include "erasure/places.hpp"
#include "journal/identity.hpp"
#include "sinks/influxdb/erase_student.hpp"
#include "sinks/redis/erase_student.hpp"
#include "sinks/relational/erase_student.hpp"

namespace cellmon::erasure {
namespace {

constexpr std::size_t kReadBytes = 4U << 20U;
/// Around a hit: more than any address has.
constexpr std::size_t kAround = 512;

class Search {
  public:
    Search(const config::Config& config, io::FileSystem& files, std::string_view email,
           const SearchProgress& progress)
        : config_(config), files_(files), address_(small_letters(email)), progress_(progress) {}

    Traces run() {
        note("journal", in_journal());
        note("relational",
             relational::rows_naming(*relational_store(config_, files_, true), address_));
        note("classroom", in_classroom());
        if (!config_.influx.url.empty()) {
            note("timeseries",
                 counted(influxdb::points_naming(config_.influx, address_), "points"));
        }
        if (!config_.redis.url.empty()) note("redis", in_redis());
        in_files();
        return std::move(traces_);
    }

  private:
    /// Empty text: it is not there.
    void note(std::string place, const Result<std::string>& what) {
        if (!what) {
            traces_.unread.push_back({std::move(place), what.error().message});
            return;
        }
        if (!what->empty()) traces_.found.push_back({place, *what});
        traces_.looked.push_back(std::move(place));
    }

    static Result<std::string> counted(const Result<std::uint64_t>& count, std::string_view what) {
        if (!count) return fail(count.error());
        return *count == 0 ? std::string() : fmt::format("{} {}", *count, what);
    }

    Result<std::string> in_journal() {
        const std::string directory = journal_directory(config_);
        CELLMON_TRY_ASSIGN(
            const Found found,
            find_in_journal(files_, directory, journal::visible_beside_writer(files_, directory),
                            address_));
        longer_ = found.longer;
        std::string text;
        if (found.payloads > 0) {
            text = fmt::format("{} payloads of the person, the first at sequence {}",
                               found.payloads, found.ranges.front().first);
        }
        if (found.mentions > 0) {
            text += fmt::format(
                "{}{} events of others that mention the address, the first at "
                "sequence {}",
                text.empty() ? "" : ", ", found.mentions, found.mentioned_at.front());
        }
        return text;
    }

    Result<std::string> in_classroom() {
        CELLMON_TRY_ASSIGN(const auto connection, classroom_connection(config_, files_));
        if (!connection) return std::string();
        CELLMON_TRY(connection->begin(sql::Access::read));
        auto found = classroom::classroom_rows_naming(*connection, address_);
        connection->rollback();
        return found;
    }

    Result<std::string> in_redis() {
        CELLMON_TRY_ASSIGN(const auto identity,
                           journal::read_identity(files_, journal_directory(config_)));
        if (!identity) return std::string();
        return counted(
            redis::entries_naming(config_.redis, {identity->journal_id, identity->epoch}, address_),
            "entries");
    }

    void in_files() {
        namespace fs = std::filesystem;
        std::vector<std::pair<std::string, std::uint64_t>> paths;
        std::error_code error;
        for (fs::recursive_directory_iterator at(config_.data_directory, error), end;
             !error && at != end; at.increment(error)) {
            if (!at->is_regular_file(error)) continue;
            paths.emplace_back(at->path().string(), at->file_size(error));
            total_ += paths.back().second;
        }
        if (error) traces_.unread.push_back({config_.data_directory, error.message()});
        std::ranges::sort(paths);
        for (const auto& [path, size] : paths) {
            auto found = in_file(path);
            // What a server throws away meanwhile is no place any more.
            if (!found && found.error().code == ErrorCode::not_found) continue;
            note(path, counted(found, "times in its bytes"));
        }
    }

    Result<std::uint64_t> in_file(const std::string& path) {
        CELLMON_TRY_ASSIGN(const auto file, files_.open(path, io::OpenMode::read));
        std::string buffer(kReadBytes, '\0');
        std::uint64_t found = 0;
        std::size_t kept = 0;  // Of the piece before.
        std::size_t from = 0;  // In front of this all is counted.
        for (std::uint64_t at = 0;;) {
            const auto rest = std::as_writable_bytes(std::span(buffer)).subspan(kept);
            CELLMON_TRY_ASSIGN(const std::size_t got, file->read_at(at, rest));
            at += got;
            const std::string_view text(buffer.data(), kept + got);
            // What is around a hit at the end comes with the next piece.
            const std::size_t end =
                got == 0 ? text.size() : text.size() - std::min(text.size(), kAround);
            found += count(text, from, end);
            if (got == 0) return found;
            const std::size_t keep_from = end - std::min(end, kAround);
            kept = text.size() - keep_from;
            from = std::max(from, end) - keep_from;
            std::copy(text.begin() + static_cast<std::ptrdiff_t>(keep_from), text.end(),
                      buffer.begin());
            done_ += got;
            if (progress_) progress_(std::min(done_, total_), total_);
        }
    }

    /// Hits that begin in [from, end).
    [[nodiscard]] std::uint64_t count(std::string_view text, std::size_t from,
                                      std::size_t end) const {
        std::uint64_t hits = 0;
        for (std::size_t hit = find_letters(text, address_, from); hit < end;
             hit = find_letters(text, address_, hit + 1)) {
            hits += is_in_longer(text, hit) ? 0 : 1;
        }
        return hits;
    }

    [[nodiscard]] bool is_in_longer(std::string_view text, std::size_t hit) const {
        return std::ranges::any_of(longer_, [&](const std::string& other) {
            for (std::size_t at = other.find(address_); at != std::string::npos;
                 at = other.find(address_, at + 1)) {
                if (at <= hit && small_letters(text.substr(hit - at, other.size())) == other) {
                    return true;
                }
            }
            return false;
        });
    }

    const config::Config& config_;
    io::FileSystem& files_;
    const std::string address_;
    const SearchProgress& progress_;
    Traces traces_;
    std::set<std::string> longer_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace

Traces find_traces(const config::Config& config, io::FileSystem& files, std::string_view email,
                   const SearchProgress& progress) {
    return Search(config, files, email, progress).run();
}

}  // namespace cellmon::erasure
