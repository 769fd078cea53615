#include "cli/journal_report.hpp"

#include <iterator>

#include <fmt/format.h>

#include "event/text.hpp"

namespace cellmon::cli {
namespace {

std::string bytes_text(std::uint64_t bytes) {
    if (bytes < 10'000) return fmt::format("{} B", bytes);
    const double value = static_cast<double>(bytes);
    if (bytes < 10'000'000) return fmt::format("{:.1f} KiB", value / 1024);
    return fmt::format("{:.1f} MiB", value / 1024 / 1024);
}

template <typename... Arguments>
void add(std::string& into, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(into), format, std::forward<Arguments>(arguments)...);
}

std::string in_quotes(std::string_view text) {
    std::string result;
    event::append_json_string(result, text);
    return result;
}

std::uint64_t redacted_count(const journal::Inspection& inspection) {
    std::uint64_t count = 0;
    for (const auto& [first, last] : inspection.redactions)
        count += last - first + 1;
    return count;
}

std::string_view segment_state(const journal::SegmentSummary& segment) {
    if (segment.payloads_removed) return segment.sealed ? "sealed, payloads removed" : "removed";
    return segment.sealed ? "sealed" : "open";
}

}  // namespace

std::string to_table(const journal::Inspection& inspection) {
    std::string text;
    const auto& ids = inspection.ids;
    add(text, "journal     {}\n", inspection.identity.journal_id.to_string());
    add(text, "epoch       {}\n", inspection.identity.epoch);
    add(text, "writer      {}\n", inspection.writer_active ? "running" : "none");
    add(text, "durable     {}\n", inspection.durable_sequence);
    if (inspection.missing > 0) {
        add(text, "missing     {} acknowledged entries behind it; see 'cellmon journal verify'\n",
            inspection.missing);
    }
    if (ids.problem.empty()) {
        add(text, "id index    {} ids in {} runs, through sequence {}\n", ids.ids, ids.runs,
            ids.covered_sequence);
    } else {
        add(text, "id index    {} (it is rebuilt at the next start)\n", ids.problem);
    }
    add(text, "redactions  {} payloads in {} ranges\n", redacted_count(inspection),
        inspection.redactions.size());
    if (inspection.removed_through > 0) {
        add(text, "removed     the payloads through sequence {} (retention)\n",
            inspection.removed_through);
    }
    text += '\n';
    add(text, "{:<28}  {:>12}  {:>12}  {:>9}  {:>11}  {:>5}  {}\n", "segment", "first", "last",
        "records", "bytes", "epoch", "state");
    for (const auto& segment : inspection.segments) {
        if (!segment.problem.empty()) {
            add(text, "{:<28}  {}\n", segment.name, segment.problem);
            continue;
        }
        add(text, "{:<28}  {:>12}  {:>12}  {:>9}  {:>11}  {:>5}  {}\n", segment.name,
            segment.first_sequence, segment.last_sequence, segment.records,
            bytes_text(segment.used_bytes), segment.epoch, segment_state(segment));
    }
    return text;
}

std::string to_json(const journal::Inspection& inspection) {
    std::string text;
    add(text, R"({{"journal":"{}","epoch":{},"writer":{},"durable":{},"missing":{},)",
        inspection.identity.journal_id.to_string(), inspection.identity.epoch,
        inspection.writer_active, inspection.durable_sequence, inspection.missing);
    add(text, R"("ids":{{"ids":{},"runs":{},"through":{},"problem":{}}},"redactions":[)",
        inspection.ids.ids, inspection.ids.runs, inspection.ids.covered_sequence,
        in_quotes(inspection.ids.problem));
    const char* comma = "";
    for (const auto& [first, last] : inspection.redactions) {
        add(text, "{}[{},{}]", comma, first, last);
        comma = ",";
    }
    add(text, R"(],"removedThrough":{},"segments":[)", inspection.removed_through);
    comma = "";
    for (const auto& segment : inspection.segments) {
        add(text,
            R"({}{{"name":"{}","first":{},"last":{},"records":{},"bytes":{},"epoch":{},"sealed":{},)",
            comma, segment.name, segment.first_sequence, segment.last_sequence, segment.records,
            segment.used_bytes, segment.epoch, segment.sealed);
        add(text, R"("payloadsRemoved":{},"problem":{}}})", segment.payloads_removed,
            in_quotes(segment.problem));
        comma = ",";
    }
    return text + "]}\n";
}

std::string to_text(const journal::Verification& verification) {
    std::string text;
    add(text, "{} entries in {} records and {} segments are valid ({}), sequences {} to {}.\n",
        verification.entries, verification.records, verification.segments,
        bytes_text(verification.bytes), verification.first_sequence, verification.last_sequence);
    if (verification.removed > 0) {
        add(text, "Of {} of them the payloads were removed (retention); their headers are valid.\n",
            verification.removed);
    }
    if (verification.torn_bytes > 0) {
        add(text, "Behind them lie {} of a record that {}.\n", bytes_text(verification.torn_bytes),
            verification.damage ? "is not valid" : "was never acknowledged");
    }
    if (verification.damage) {
        const auto& damage = *verification.damage;
        add(text, "DAMAGE in {} at offset {}, sequence {}: {}.\n", damage.path, damage.offset,
            damage.sequence, damage.what);
    }
    return text;
}

std::string to_json(const journal::Verification& verification) {
    std::string text;
    add(text, R"({{"segments":{},"records":{},"entries":{},"bytes":{},"first":{},"last":{},)",
        verification.segments, verification.records, verification.entries, verification.bytes,
        verification.first_sequence, verification.last_sequence);
    add(text, R"("chain":"{:016x}","removed":{},"tornBytes":{},"damage":)", verification.chain,
        verification.removed, verification.torn_bytes);
    if (!verification.damage) return text + "null}\n";
    const auto& damage = *verification.damage;
    add(text, R"({{"file":{},"offset":{},"sequence":{},"missing":{},"what":{}}}}})",
        in_quotes(damage.path), damage.offset, damage.sequence, damage.missing,
        in_quotes(damage.what));
    return text + "\n";
}

std::string describe_loss(const journal::Repair& repair) {
    const auto& damage = *repair.verification().damage;
    if (damage.only_footer) {
        return "The repair writes the footer again; no entry is lost.\n";
    }
    const auto& behind = repair.behind();
    std::string text;
    add(text, "The repair ends the journal at sequence {} and begins epoch {}.\n",
        damage.end.next_sequence - 1, repair.identity().epoch + 1);
    if (damage.missing > 0) {
        add(text, "It gives up the {} acknowledged entries that are missing behind it.\n",
            damage.missing);
    } else if (behind.last_sequence >= damage.end.next_sequence) {
        add(text,
            "It takes out sequences {} to {}: {} entries in {} records that can still be "
            "read, {} that cannot.\n",
            damage.end.next_sequence, behind.last_sequence, behind.entries, behind.records,
            behind.last_sequence - damage.end.next_sequence + 1 - behind.entries);
    } else {
        add(text, "Nothing behind the damage can be read.\n");
    }
    text +=
        "All files concerned are kept. Clients that still hold these events send them again; a "
        "backup may hold them too.\n";
    return text;
}

}  // namespace cellmon::cli
