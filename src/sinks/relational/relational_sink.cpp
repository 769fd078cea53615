#include "sinks/relational/relational_sink.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sinks/relational/migrations.hpp"

namespace cellmon::relational {
namespace {

/// Entries between two looks at the gate; some two milliseconds of work.
constexpr std::size_t kGateInterval = 128;

/// Entries of one transaction that may be added one by one: some tenths of a second of work.
constexpr std::size_t kOneByOne = 1'000;

constexpr std::string_view kSignificantErrors = "significant_errors=";

std::string describe(const journal::Cursor& cursor) {
    return "journal " + cursor.journal_id.to_string() + " epoch " + std::to_string(cursor.epoch) +
           " sequence " + std::to_string(cursor.sequence);
}

/// What the store says of a row, not of itself.
bool is_about_a_row(const Error& error) {
    return error.code == ErrorCode::already_exists || error.code == ErrorCode::invalid;
}

}  // namespace

std::string projection_parameters(const SinkOptions& options) {
    return std::string(kSignificantErrors) + std::to_string(options.significant_errors);
}

Result<std::int64_t> significant_errors_of(std::string_view parameters) {
    std::int64_t value = 0;
    if (parameters.starts_with(kSignificantErrors)) {
        const char* begin = parameters.data() + kSignificantErrors.size();
        const char* end = parameters.data() + parameters.size();
        const auto parsed = std::from_chars(begin, end, value);
        if (parsed.ec == std::errc{} && parsed.ptr == end) return value;
    }
    return fail(ErrorCode::corrupt,
                "the store's projection parameters are not ours: " + std::string(parameters));
}

RelationalSink::RelationalSink(std::unique_ptr<Store> store, SinkOptions options,
                               const WriteGate* gate)
    : store_(std::move(store)),
      options_(options),
      parameters_(projection_parameters(options_)),
      gate_(gate) {}

void RelationalSink::forget() {
    writer_.reset();
    database_.reset();
    state_.reset();
    rebuild_lock_.reset();
}

Result<std::optional<journal::Cursor>> RelationalSink::open() {
    forget();
    CELLMON_TRY_ASSIGN(database_, store_->open());
    // It has the write lock for a moment: so a commit of ours that PostgreSQL is still at, behind a
    // connection that broke, is over before the cursor is read.
    CELLMON_TRY(migrate(*database_));
    CELLMON_TRY(choose_copy());
    if (!state_) return std::nullopt;
    CELLMON_TRY(prepare_writer());
    return state_->cursor;
}

/// Not into a shadow: rows of events that are no more must not be read meanwhile.
Result<void> RelationalSink::begin_epoch() {
    CELLMON_TRY(database_->lead());
    rebuild_lock_.reset();
    CELLMON_TRY_ASSIGN(rebuild_lock_, store_->lock_rebuild());
    writer_.reset();
    CELLMON_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
    CELLMON_TRY(drop_copy(*database_, TableSet::live()));
    CELLMON_TRY(drop_copy(*database_, TableSet::shadow()));
    CELLMON_TRY(transaction.commit());
    rebuild_lock_.reset();
    tables_ = TableSet::live();
    state_.reset();
    rebuilding_ = false;
    dead_letters_ = 0;
    return {};
}

Result<void> RelationalSink::choose_copy() {
    tables_ = TableSet::live();
    CELLMON_TRY_ASSIGN(state_, load_state(*database_, tables_));
    const auto is_ours = [&](const ProjectionState& state) {
        return state.version == kProjectionVersion && state.parameters == parameters_;
    };
    if (state_ && state_->version > kProjectionVersion) {
        return fail(ErrorCode::newer_format,
                    "the event tables were made by a newer program (projection version " +
                        std::to_string(state_->version) + ", this one makes " +
                        std::to_string(kProjectionVersion) + ")");
    }
    rebuilding_ = state_ && !is_ours(*state_);
    if (!rebuilding_) return {};

    CELLMON_TRY_ASSIGN(rebuild_lock_, store_->lock_rebuild());
    tables_ = TableSet::shadow();
    CELLMON_TRY_ASSIGN(state_, load_state(*database_, tables_));
    if (state_ && is_ours(*state_)) return {};
    state_.reset();
    CELLMON_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
    CELLMON_TRY(drop_copy(*database_, tables_));
    return transaction.commit();
}

Result<void> RelationalSink::make_writer() {
    writer_.reset();
    CELLMON_TRY_ASSIGN(auto writer, EventWriter::prepare(
                                        *database_, tables_,
                                        {options_.significant_errors, options_.id_merge_interval}));
    writer_.emplace(std::move(writer));
    return {};
}

Result<void> RelationalSink::prepare_writer() {
    CELLMON_TRY(make_writer());
    CELLMON_TRY_ASSIGN(const auto stored,
                       database_->integer(tables_.sql("SELECT count(*) FROM %dead_letters")));
    dead_letters_ = static_cast<std::uint64_t>(stored.value_or(0));
    return {};
}

Result<std::size_t> RelationalSink::apply(const projection::Batch& batch) {
    const bool careful = batch.before().sequence < careful_through_;
    const std::size_t most = careful ? std::min(batch.size(), kOneByOne) : batch.size();
    auto applied = apply_in_transaction(batch, most, &RelationalSink::add_entries);
    if (applied) return applied;
    // The caches speak of rows that were rolled back.
    writer_.reset();
    if (!is_about_a_row(applied.error())) return applied;
    if (most > kOneByOne) {
        // It lies in one part of them; the others go their usual way.
        careful_through_ = batch.after(batch.size()).sequence;
        return apply(batch);
    }
    ++objections_;
    applied = apply_in_transaction(batch, most, &RelationalSink::add_one_by_one);
    if (applied) return applied;
    writer_.reset();
    Error error = std::move(applied).error();
    if (is_about_a_row(error)) error.code = ErrorCode::corrupt;
    if (error.code == ErrorCode::corrupt) {
        error.message = "the store contradicts the journal " + error.message;
    }
    return fail(std::move(error));
}

Result<std::size_t> RelationalSink::apply_in_transaction(const projection::Batch& batch,
                                                         std::size_t most, AddEntries add) {
    CELLMON_TRY(database_->lead());
    CELLMON_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
    CELLMON_TRY_ASSIGN(auto state, begin_state(batch));
    CELLMON_TRY_ASSIGN(const Added added, (this->*add)(batch, most));
    CELLMON_TRY(check_dead_letters(batch, added));
    CELLMON_TRY(database_->hand_over());
    if (added.entries == batch.size()) look_at_next();
    CELLMON_TRY(writer_->flush());
    state.cursor = batch.after(added.entries);
    CELLMON_TRY(store_state(*database_, tables_, state));
    CELLMON_TRY(transaction.commit());
    state_ = std::move(state);
    dead_letters_ += added.dead_letters;
    writer_->trim();
    return added.entries;
}

void RelationalSink::look_at_next() {
    // A file is at work only while this thread is.
    if (database_->engine() == sql::Engine::sqlite) return;
    if (const projection::Batch* const next = read_next()) writer_->expect(*next, next->size());
}

Result<void> RelationalSink::check_dead_letters(const projection::Batch& batch,
                                                const Added& added) const {
    if (added.dead_letters <= options_.poison_entries ||
        static_cast<double>(added.dead_letters) <=
            options_.poison_share * static_cast<double>(added.entries)) {
        return {};
    }
    return fail(ErrorCode::limit, std::to_string(added.dead_letters) + " of " +
                                      std::to_string(added.entries) + " events behind sequence " +
                                      std::to_string(batch.before().sequence) +
                                      " cannot be read or stored: the fault is probably not "
                                      "theirs");
}

Result<ProjectionState> RelationalSink::begin_state(const projection::Batch& batch) {
    CELLMON_TRY_ASSIGN(auto state, load_state(*database_, tables_));
    if (!state && !state_) {
        CELLMON_TRY(create_copy(*database_, tables_, parameters_, batch.before()));
        CELLMON_TRY_ASSIGN(state, load_state(*database_, tables_));
        CELLMON_TRY(prepare_writer());
        return *state;
    }
    if (!state || state->version != kProjectionVersion || state->parameters != parameters_ ||
        state->cursor != batch.before()) {
        return fail(ErrorCode::mismatch,
                    "another program writes the relational store: its cursor is " +
                        (state ? describe(state->cursor) : std::string("gone")) + ", expected " +
                        describe(batch.before()));
    }
    // A rebuild has switched another copy in: equal rows, but the caches speak of the old one.
    if (!writer_ || state->generation != state_->generation) CELLMON_TRY(prepare_writer());
    return *state;
}

bool RelationalSink::must_end(std::size_t index) const {
    return index > 0 && index % kGateInterval == 0 && gate_ != nullptr && gate_->anyone_waits();
}

Result<RelationalSink::Added> RelationalSink::add_entries(const projection::Batch& batch,
                                                          std::size_t most) {
    const std::uint64_t before = writer_->dead_letters();
    CELLMON_TRY(writer_->look_ahead(batch, most));
    std::size_t index = 0;
    for (; index < most && !must_end(index); ++index)
        CELLMON_TRY(writer_->add(batch.entry(index)));
    return Added{index, writer_->dead_letters() - before};
}

Result<RelationalSink::Added> RelationalSink::add_one_by_one(const projection::Batch& batch,
                                                             std::size_t most) {
    Added added;
    while (added.entries < most && !must_end(added.entries)) {
        const journal::Entry entry = batch.entry(added.entries);
        auto dead = add_alone(entry);
        if (!dead) return fail(at_sequence(std::move(dead).error(), entry.header.sequence));
        ++added.entries;
        if (*dead) ++added.dead_letters;
    }
    return added;
}

/// True when the entry went into dead_letters.
Result<bool> RelationalSink::add_alone(const journal::Entry& entry) {
    CELLMON_TRY_ASSIGN(const bool there, writer_->holds(entry));
    if (there) return false;
    const std::uint64_t before = writer_->dead_letters();
    CELLMON_TRY(database_->set_savepoint());
    auto added = writer_->add(entry);
    // So the next one finds everything in the tables, should the caches have to go.
    if (added) added = writer_->flush();
    if (added) added = database_->release_savepoint();
    if (added) return writer_->dead_letters() > before;
    if (added.error().code != ErrorCode::invalid) return fail(std::move(added).error());
    CELLMON_TRY(database_->roll_back_to_savepoint());
    CELLMON_TRY(make_writer());
    CELLMON_TRY(writer_->put_aside(entry, added.error()));
    return true;
}

Result<void> RelationalSink::caught_up() {
    if (!state_) return {};
    CELLMON_TRY(database_->lead());
    if (!rebuilding_) return look_at_cursor();
    CELLMON_TRY_ASSIGN(auto transaction, Transaction::begin(*database_));
    writer_.reset();
    CELLMON_TRY(promote_shadow(*database_));
    CELLMON_TRY(transaction.commit());
    tables_ = TableSet::live();
    rebuilding_ = false;
    rebuild_lock_.reset();
    return prepare_writer();
}

/// A server that went away, or came back with an older copy, is to be noticed without an event. A
/// file does neither.
Result<void> RelationalSink::look_at_cursor() {
    if (database_->engine() == sql::Engine::sqlite) return {};
    CELLMON_TRY_ASSIGN(const auto state, load_state(*database_, tables_));
    if (state && state->cursor == state_->cursor) return {};
    return fail(ErrorCode::unavailable, store_->name() + " is not what it was; it is opened anew");
}

}  // namespace cellmon::relational
