// ClassState as bytes, for the checkpoint.
#include "live/class_state.hpp"
#include "live/key_codec.hpp"

namespace cellmon::live {
namespace {

constexpr std::size_t kKeyBytes = 24;

void put(ByteWriter& out, const LatestText& latest) {
    out.put(std::string_view(latest.value));
    put(out, latest.key);
}

LatestText get_latest(ByteReader& in) {
    LatestText latest;
    latest.value = in.text();
    latest.hash = LatestText::hash_of(latest.value);
    latest.key = get_key(in);
    return latest;
}

void put(ByteWriter& out, const std::vector<OrderKey>& keys) {
    out.put(static_cast<std::uint64_t>(keys.size()));
    for (const OrderKey& key : keys)
        put(out, key);
}

std::vector<OrderKey> get_keys(ByteReader& in) {
    std::vector<OrderKey> keys(in.count(kKeyBytes));
    for (OrderKey& key : keys)
        key = get_key(in);
    return keys;
}

void put(ByteWriter& out, const CellTable& table) {
    put(out, table.resolved());
    put(out, table.forgotten());
    out.put(static_cast<std::uint64_t>(table.cells().size()));
    for (const CellTable::Cell& cell : table.cells()) {
        out.put(cell.key);
        out.put(cell.notebook_key);
        out.put(std::string_view(cell.cell_id));
        put(out, cell.newest);
        put(out, cell.start);
        put(out, cell.end);
        put(out, cell.success);
        put(out, cell.errors);
    }
}

CellTable get_cells(ByteReader& in) {
    const OrderKey resolved = get_key(in);
    const OrderKey forgotten = get_key(in);
    std::vector<CellTable::Cell> cells(in.count(kKeyBytes, kMaxCells));
    for (CellTable::Cell& cell : cells) {
        cell.key = in.get<std::uint64_t>();
        cell.notebook_key = in.get<std::uint64_t>();
        cell.cell_id = in.text();
        cell.newest = get_key(in);
        cell.start = get_key(in);
        cell.end = get_key(in);
        cell.success = get_key(in);
        cell.errors = get_keys(in);
    }
    return CellTable::restore(std::move(cells), resolved, forgotten);
}

void put(ByteWriter& out, const HelpSignals& help) {
    put(out, help.signals());
    put(out, help.stop());
    put(out, help.dismissal());
    put(out, help.merged_first());
    put(out, help.merged_last());
}

HelpSignals get_help(ByteReader& in) {
    std::vector<OrderKey> signals = get_keys(in);
    const OrderKey stop = get_key(in);
    const OrderKey dismissal = get_key(in);
    const OrderKey merged_first = get_key(in);
    const OrderKey merged_last = get_key(in);
    return HelpSignals::restore(std::move(signals), stop, dismissal, merged_first, merged_last);
}

}  // namespace

void ClassState::write(ByteWriter& out) const {
    out.put(unreadable_);
    out.put(static_cast<std::uint64_t>(students_.size()));
    for (const StudentFacts& facts : students_) {
        out.put(std::string_view(facts.email));
        put(out, facts.name);
        put(out, facts.team);
        put(out, facts.class_code);
        put(out, facts.notebook);
        out.put(std::string_view(facts.cell.value.id));
        out.put(facts.cell.value.index);
        put(out, facts.cell.key);
        put(out, facts.last_activity);
        out.put(static_cast<std::uint8_t>(facts.last_run.value));
        put(out, facts.last_run.key);
        out.put(facts.executions);
        out.put(facts.errors);
        put(out, facts.cells);
        put(out, facts.help);
    }
}

Result<void> ClassState::read(ByteReader& in) {
    unreadable_ = in.get<std::uint64_t>();
    students_.resize(in.count(kKeyBytes));
    std::size_t read = 0;
    for (; read < students_.size(); ++read) {
        StudentFacts& facts = students_[read];
        facts.email = in.text();
        facts.name = get_latest(in);
        facts.team = get_latest(in);
        facts.class_code = get_latest(in);
        facts.notebook = get_latest(in);
        facts.cell.value.id = in.text();
        facts.cell.value.index = in.get<std::int64_t>();
        facts.cell.key = get_key(in);
        facts.last_activity = get_key(in);
        facts.last_run.value = in.get<std::uint8_t>() != 0;
        facts.last_run.key = get_key(in);
        facts.executions = in.get<std::uint64_t>();
        facts.errors = in.get<std::uint64_t>();
        facts.cells = get_cells(in);
        facts.help = get_help(in);
        const auto key = places_.key_of(facts.email);
        if (!in.ok() || places_.find(key) != kNobody) break;
        places_.add(key, static_cast<std::uint32_t>(read));
    }
    if (!in.ok() || read < students_.size()) {
        return fail(ErrorCode::corrupt, "the state of the class is not what was written");
    }
    return {};
}

}  // namespace cellmon::live
