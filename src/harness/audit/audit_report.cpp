#include <array>
#include <iterator>

#include <fmt/format.h>

#include "harness/audit/audit.hpp"
#include "harness/classroom/json_text.hpp"

namespace cellmon::harness {
namespace {

constexpr std::array kAllFaults{Fault::lost,    Fault::phantom, Fault::doubled, Fault::wrong,
                                Fault::refused, Fault::order,   Fault::differs};

}  // namespace

std::string table_of(const AuditReport& report) {
    std::string text =
        fmt::format("{:<10}{:>9} events: {} promised, {} unknown, {} refused\n", "ledger",
                    report.ledger_events, report.promised, report.unknown, report.refused);
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "\n{:<10}{:>9}", "store", "events");
    for (const Fault fault : kAllFaults)
        fmt::format_to(out, "{:>9}", name_of(fault));
    text += '\n';
    for (const StoreCheck& store : report.stores) {
        fmt::format_to(out, "{:<10}{:>9}", store.name(), store.events());
        for (const Fault fault : kAllFaults)
            fmt::format_to(out, "{:>9}", store.findings().count(fault));
        text += '\n';
    }
    for (const StoreCheck& store : report.stores) {
        if (store.others() > 0)
            fmt::format_to(out, "{}: {} events are not in the ledger\n", store.name(),
                           store.others());
        for (const Fault fault : kAllFaults) {
            for (const auto& sample : store.findings().samples(fault))
                fmt::format_to(out, "{:<9}{}\n", name_of(fault), sample);
        }
    }
    for (const auto& note : report.notes)
        fmt::format_to(out, "note: {}\n", note);
    fmt::format_to(out, "\n{}\n", report.clean() ? "Every promise holds." : "A promise is broken.");
    return text;
}

std::string json_of(const AuditReport& report) {
    std::string json;
    JsonObject object(json);
    object.boolean("clean", report.clean());
    const auto count = [](JsonObject& into, std::string_view name, std::uint64_t value) {
        into.raw(name, fmt::format("{}", value));
    };
    count(object, "ledger_events", report.ledger_events);
    count(object, "promised", report.promised);
    count(object, "unknown", report.unknown);
    count(object, "refused", report.refused);
    std::string stores;
    for (const StoreCheck& store : report.stores) {
        stores += stores.empty() ? "[" : ",";
        JsonObject one(stores);
        one.text("store", store.name());
        count(one, "events", store.events());
        count(one, "others", store.others());
        std::string samples;
        for (const Fault fault : kAllFaults) {
            count(one, name_of(fault), store.findings().count(fault));
            for (const auto& sample : store.findings().samples(fault)) {
                samples += samples.empty() ? "[" : ",";
                append_json_string(samples, fmt::format("{}: {}", name_of(fault), sample));
            }
        }
        one.raw("samples", samples.empty() ? "[]" : samples + "]");
        one.close();
    }
    object.raw("stores", stores.empty() ? "[]" : stores + "]");
    std::string notes;
    for (const auto& note : report.notes) {
        notes += notes.empty() ? "[" : ",";
        append_json_string(notes, note);
    }
    object.raw("notes", notes.empty() ? "[]" : notes + "]");
    object.close();
    return json;
}

}  // namespace cellmon::harness
