#include "journal/id_set.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "journal/checked_text.hpp"

namespace cellmon::journal {
namespace {

constexpr std::string_view kManifest = "ids.manifest";
constexpr std::string_view kFirstLine = "cellmon-ids 1";
constexpr std::string_view kFilePrefix = "ids.";
constexpr std::size_t kOverloadFactor = 4;

std::uint64_t number_of(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Reads one run after the other, block by block.
class RunCursor {
  public:
    explicit RunCursor(const IdRun& run) : run_(run) {}

    Result<bool> ensure() {
        if (at_ < entries_.size()) return true;
        if (block_ == run_.block_count()) return false;
        at_ = 0;
        CELLMON_TRY(run_.read_block(block_++, entries_));
        return !entries_.empty();
    }
    [[nodiscard]] const IdEntry& current() const { return entries_[at_]; }
    void advance() { ++at_; }

  private:
    const IdRun& run_;
    std::uint64_t block_ = 0;
    std::vector<IdEntry> entries_;
    std::size_t at_ = 0;
};

}  // namespace

IdSet::IdSet(io::FileSystem& files, std::string directory, const Id128& journal_id,
             std::uint64_t epoch, std::size_t memory_entries)
    : files_(files),
      directory_(std::move(directory)),
      journal_id_(journal_id),
      epoch_(epoch),
      memory_entries_(memory_entries),
      covered_at_open_{journal_id, epoch, 0, 0},
      covered_(covered_at_open_) {}

Result<std::unique_ptr<IdSet>> IdSet::open(io::FileSystem& files, std::string directory,
                                           const Id128& journal_id, std::uint64_t epoch,
                                           std::size_t memory_entries) {
    std::unique_ptr<IdSet> set(
        new IdSet(files, std::move(directory), journal_id, epoch, memory_entries));
    if (const auto loaded = set->load_manifest(); !loaded) {
        // An index that cannot be read is rebuilt, whatever is wrong with it.
        CELLMON_TRY(set->clear());
    } else {
        CELLMON_TRY(set->remove_unnamed_files(set->runs_));
    }
    return set;
}

Result<std::optional<IdManifest>> read_id_manifest(io::FileSystem& files,
                                                   const std::string& directory) {
    const std::string path = fmt::format("{}/{}", directory, kManifest);
    CELLMON_TRY_ASSIGN(const bool present, files.exists(path));
    if (!present) return std::nullopt;
    CELLMON_TRY_ASSIGN(const std::string text, io::read_file(files, path));
    CELLMON_TRY_ASSIGN(const auto lines, checked_lines(text, kFirstLine, path));
    IdManifest manifest;
    for (const std::string_view line : lines) {
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos) continue;
        const std::string_view key = line.substr(0, space);
        const std::string_view value = line.substr(space + 1);
        if (key == "journal") manifest.covered.journal_id = Id128::parse(value).value_or(Id128{});
        if (key == "epoch") manifest.covered.epoch = number_of(value);
        if (key == "through") manifest.covered.sequence = number_of(value);
        if (key == "chain") manifest.covered.chain = number_of(value);
        if (key == "run") {
            const std::size_t end = std::min(value.find(' '), value.size() - 1);
            manifest.runs.push_back(
                {std::string(value.substr(0, end)), number_of(value.substr(end + 1))});
        }
    }
    return manifest;
}

Result<void> IdSet::load_manifest() {
    CELLMON_TRY_ASSIGN(const auto manifest, read_id_manifest(files_, directory_));
    if (!manifest) return {};
    if (manifest->covered.journal_id != journal_id_ || manifest->covered.epoch != epoch_) {
        return fail(ErrorCode::mismatch, "the id index belongs to another history");
    }
    Runs runs;
    for (const auto& [name, checksum] : manifest->runs) {
        CELLMON_TRY_ASSIGN(auto run, IdRun::open(files_, fmt::format("{}/{}", directory_, name)));
        // Names are used again after the set was cleared, and a disk may bring an old manifest
        // back.
        if (run->checksum() != checksum) {
            return fail(ErrorCode::mismatch, name + " is not the run that the manifest names");
        }
        next_run_number_ = std::max(
            next_run_number_, number_of(std::string_view(name).substr(kFilePrefix.size())) + 1);
        size_ += run->count();
        runs.push_back(std::move(run));
    }
    covered_at_open_ = covered_ = manifest->covered;
    publish(std::move(runs));
    return {};
}

Result<void> IdSet::clear() {
    covered_at_open_ = covered_ = {journal_id_, epoch_, 0, 0};
    size_ = 0;
    table_ = IdTable();
    publish({});
    const std::string manifest = fmt::format("{}/{}", directory_, kManifest);
    CELLMON_TRY_ASSIGN(const bool present, files_.exists(manifest));
    if (present) CELLMON_TRY(files_.remove(manifest));
    return remove_unnamed_files({});
}

Result<void> IdSet::remove_unnamed_files(const Runs& keep) {
    CELLMON_TRY_ASSIGN(const auto names, files_.list(directory_));
    for (const std::string& name : names) {
        const std::string path = directory_ + "/" + name;
        const bool named = std::any_of(keep.begin(), keep.end(),
                                       [&](const auto& run) { return run->path() == path; });
        if (name.starts_with(kFilePrefix) && name != kManifest && !named) {
            CELLMON_TRY(files_.remove(path));
        }
    }
    return {};
}

Result<void> IdSet::write_manifest(const Runs& runs, const Cursor& covered) {
    std::string text =
        fmt::format("{}\njournal {}\nepoch {}\nthrough {}\nchain {}\n", kFirstLine,
                    covered.journal_id.to_string(), covered.epoch, covered.sequence, covered.chain);
    for (const auto& run : runs) {
        text +=
            fmt::format("run {} {}\n", run->path().substr(directory_.size() + 1), run->checksum());
    }
    return io::replace_file(files_, fmt::format("{}/{}", directory_, kManifest),
                            with_checksum(std::move(text)));
}

std::string IdSet::next_run_path() {
    return fmt::format("{}/{}{:08}.run", directory_, kFilePrefix, next_run_number_++);
}

void IdSet::publish(Runs runs) {
    const std::lock_guard lock(mutex_);
    runs_ = std::move(runs);
    ++generation_;
}

void IdSet::refresh() {
    const std::uint64_t generation = generation_.load(std::memory_order_acquire);
    if (generation == seen_generation_) return;
    const std::lock_guard lock(mutex_);
    seen_generation_ = generation;
    runs_view_ = runs_;
    frozen_view_ = frozen_;
}

void IdSet::prefetch(std::uint64_t hash) const {
    table_.prefetch(hash);
    if (frozen_view_) frozen_view_->prefetch(hash);
    for (const auto& run : runs_view_)
        run->filter().prefetch(hash);
}

Result<std::optional<std::uint64_t>> IdSet::find(const Id128& id, std::uint64_t hash) {
    refresh();
    if (const IdEntry* entry = table_.find(id, hash)) return entry->content_hash;
    if (frozen_view_) {
        if (const IdEntry* entry = frozen_view_->find(id, hash)) return entry->content_hash;
    }
    for (const auto& run : runs_view_) {
        if (!run->filter().may_contain(hash)) continue;
        const auto found = run->find(id);
        if (!found) {
            static_cast<void>(files_.remove(fmt::format("{}/{}", directory_, kManifest)));
            return fail(found.error());
        }
        if (*found) return (*found)->content_hash;
    }
    return std::nullopt;
}

void IdSet::insert(const IdEntry& entry, std::uint64_t hash) {
    table_.insert(entry, hash);
    size_.fetch_add(1, std::memory_order_relaxed);
}

void IdSet::freeze_if_full(const Cursor& durable) {
    if (table_.size() < memory_entries_) return;
    const std::lock_guard lock(mutex_);
    overloaded_ = frozen_ != nullptr && table_.size() >= memory_entries_ * kOverloadFactor;
    if (frozen_ != nullptr) return;
    frozen_ = std::make_shared<const IdTable>(std::exchange(table_, IdTable()));
    frozen_covers_ = durable;
    ++generation_;
}

Result<bool> IdSet::maintain() {
    CELLMON_TRY_ASSIGN(const bool written, write_waiting());
    return written ? true : merge_some();
}

/// Writes the frozen table when there is one.
Result<bool> IdSet::write_waiting() {
    std::shared_ptr<const IdTable> frozen;
    Cursor covers;
    {
        const std::lock_guard lock(mutex_);
        frozen = frozen_;
        covers = frozen_covers_;
    }
    if (!frozen) return false;
    CELLMON_TRY(write_frozen(*frozen, covers));
    return true;
}

Result<void> IdSet::write_frozen(const IdTable& table, const Cursor& covered) {
    const std::string path = next_run_path();
    CELLMON_TRY_ASSIGN(auto writer, IdRunWriter::create(files_, path, table.size()));
    for (const IdEntry& entry : table.sorted())
        CELLMON_TRY(writer.add(entry));
    CELLMON_TRY(writer.finish());
    CELLMON_TRY_ASSIGN(auto run, IdRun::open(files_, path));
    Runs runs = runs_;
    runs.push_back(std::move(run));
    CELLMON_TRY(write_manifest(runs, covered));
    covered_ = covered;
    const std::lock_guard lock(mutex_);
    runs_ = std::move(runs);
    frozen_.reset();
    // Whoever is refused because of it inserts nothing that could lift it.
    overloaded_ = false;
    ++generation_;
    return {};
}

// Runs grow like a binary counter: the smallest ones are merged as soon as they are together as
// large as the next. So each id is copied about log2(runs) times, and there are at most log2(ids /
// memory_entries) runs.
Result<bool> IdSet::merge_some() {
    Runs runs = runs_;
    std::sort(runs.begin(), runs.end(),
              [](const auto& a, const auto& b) { return a->count() < b->count(); });
    std::size_t take = 0;
    std::uint64_t sum = 0;
    while (take < runs.size() && (take == 0 || runs[take]->count() <= sum)) {
        sum += runs[take++]->count();
    }
    if (take < 2 && runs.size() > kMaxRuns) take = 2;
    if (take < 2) return false;
    const Runs inputs(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(take));
    CELLMON_TRY_ASSIGN(auto merged, merge(inputs));
    runs = runs_;  // Newer runs may have come meanwhile.
    std::erase_if(runs, [&](const auto& run) {
        return std::find(inputs.begin(), inputs.end(), run) != inputs.end();
    });
    runs.push_back(std::move(merged));
    CELLMON_TRY(write_manifest(runs, covered_));
    publish(std::move(runs));
    for (const auto& input : inputs)
        CELLMON_TRY(files_.remove(input->path()));
    return true;
}

Result<std::shared_ptr<const IdRun>> IdSet::merge(const Runs& inputs) {
    std::uint64_t total = 0;
    std::vector<RunCursor> cursors;
    for (const auto& input : inputs) {
        total += input->count();
        cursors.emplace_back(*input);
    }
    const std::string path = next_run_path();
    CELLMON_TRY_ASSIGN(auto writer, IdRunWriter::create(files_, path, total));
    for (std::uint64_t merged = 0;; ++merged) {
        // A merge of ten million ids takes seconds, and new ids fill the memory meanwhile.
        if (merged % kMergeStep == 0) CELLMON_TRY(write_waiting());
        RunCursor* smallest = nullptr;
        for (RunCursor& cursor : cursors) {
            CELLMON_TRY_ASSIGN(const bool more, cursor.ensure());
            if (more && (smallest == nullptr || cursor.current().id < smallest->current().id)) {
                smallest = &cursor;
            }
        }
        if (smallest == nullptr) break;
        CELLMON_TRY(writer.add(smallest->current()));
        smallest->advance();
    }
    CELLMON_TRY(writer.finish());
    return IdRun::open(files_, path);
}

std::size_t IdSet::run_count() const {
    const std::lock_guard lock(mutex_);
    return runs_.size();
}

}  // namespace cellmon::journal
