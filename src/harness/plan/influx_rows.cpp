#include <algorithm>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "harness/plan/row_store.hpp"
#include "harness/wire/blocking_client.hpp"

namespace cellmon::harness::plan {
namespace {

const Patience kQueryPatience{std::chrono::minutes(2), nullptr};
constexpr std::uint64_t kBlock = 1'000'000;  ///< docs/reference/timeseries-schema.md
constexpr std::uint64_t kPart = 50'000;      ///< Points that are read at once.

using simdjson::SUCCESS;
namespace dom = simdjson::dom;

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
        encoded +=
            plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

/// Column names to their places in one series of an answer.
class Series {
  public:
    explicit Series(dom::element series) {
        dom::array columns;
        if (series["columns"].get(columns) != SUCCESS) return;
        std::size_t place = 0;
        for (const auto column : columns) {
            std::string_view name;
            if (column.get(name) == SUCCESS) places_.emplace(name, place);
            ++place;
        }
        has_values_ = series["values"].get(values_) == SUCCESS;
    }

    [[nodiscard]] bool has_values() const { return has_values_; }
    [[nodiscard]] dom::array values() const { return values_; }
    [[nodiscard]] std::string text(dom::element row, const char* column) const {
        std::string_view found;
        const auto place = places_.find(column);
        if (place == places_.end() || row.at(place->second).get(found) != SUCCESS) return {};
        return std::string(found);
    }
    [[nodiscard]] std::optional<std::int64_t> number(dom::element row, const char* column) const {
        std::int64_t found = 0;
        const auto place = places_.find(column);
        if (place == places_.end() || row.at(place->second).get(found) != SUCCESS)
            return std::nullopt;
        return found;
    }
    [[nodiscard]] std::optional<double> real(dom::element row, const char* column) const {
        double found = 0;
        const auto place = places_.find(column);
        if (place == places_.end() || row.at(place->second).get(found) != SUCCESS)
            return std::nullopt;
        return found;
    }

  private:
    std::unordered_map<std::string, std::size_t> places_;
    dom::array values_;
    bool has_values_ = false;
};

class InfluxRows final : public RowStore {
  public:
    explicit InfluxRows(monitor::InfluxAddress address) : address_(std::move(address)) {}

    [[nodiscard]] std::string_view name() const override { return "InfluxDB"; }

    Result<std::uint64_t> position() override {
        std::uint64_t through = 0;
        CELLMON_TRY(
            ask("SELECT max(through) FROM cellmon_cursor", {std::chrono::seconds(3), nullptr},
                [&](const Series& series, dom::element row) {
                    through = static_cast<std::uint64_t>(series.number(row, "max").value_or(0));
                }));
        return through;
    }

    Result<void> visit(std::uint64_t after, std::uint64_t through, const Visit& visit) override {
        for (std::uint64_t from = after; from < through;) {
            // A part lies in one block, which InfluxDB finds by its tag.
            const std::uint64_t end_of_block = ((from + 1) / kBlock + 1) * kBlock - 1;
            const std::uint64_t to = std::min({from + kPart, through, end_of_block});
            CELLMON_TRY_ASSIGN(auto rows, part(from, to));
            for (const StoredRow& row : rows)
                visit(row, nullptr);
            from = to;
        }
        return {};
    }

    Result<StoreTotals> totals() override {
        StoreTotals totals;
        CELLMON_TRY(ask("SELECT count(sequence) FROM student_progress", kQueryPatience,
                        [&](const Series& series, dom::element row) {
                            totals.events =
                                static_cast<std::uint64_t>(series.number(row, "count").value_or(0));
                        }));
        CELLMON_TRY(ask("SHOW TAG VALUES FROM student_progress WITH KEY = \"emailAddress\"",
                        kQueryPatience, [&](const Series&, dom::element) { ++totals.students; }));
        // A run that did not take place has no duration.
        CELLMON_TRY(ask("SELECT sum(\"duration\") FROM student_progress", kQueryPatience,
                        [&](const Series& series, dom::element row) {
                            totals.duration_s = series.real(row, "sum").value_or(0) / 1e3;
                        }));
        return totals;
    }

  private:
    Result<std::vector<StoredRow>> part(std::uint64_t after, std::uint64_t through) {
        std::vector<StoredRow> rows;
        bool sound = true;
        CELLMON_TRY(ask(
            fmt::format("SELECT sequence, eventId, contentHash, event, emailAddress, notebookPath, "
                        "cellId FROM student_progress WHERE block = '{}' AND sequence > {} AND "
                        "sequence <= {}",
                        (after + 1) / kBlock, after, through),
            kQueryPatience, [&](const Series& series, dom::element point) {
                const auto sequence = series.number(point, "sequence");
                const std::string id = series.text(point, "eventId");
                const auto hash = series.number(point, "contentHash");
                sound = sound && sequence && hash && !id.empty();
                if (!sound) return;
                StoredRow& row = rows.emplace_back();
                row.sequence = static_cast<std::uint64_t>(*sequence);
                row.id = Id128::from_text(id);
                row.content_hash = static_cast<std::uint64_t>(*hash);
                row.type = series.text(point, "event");
                row.email = series.text(point, "emailAddress");
                row.notebook = series.text(point, "notebookPath");
                row.cell = series.text(point, "cellId");
            }));
        if (!sound) return fail(ErrorCode::corrupt, "a point in InfluxDB has not the known form");
        std::sort(rows.begin(), rows.end(),
                  [](const StoredRow& a, const StoredRow& b) { return a.sequence < b.sequence; });
        return rows;
    }

    template <typename Take>
    Result<void> ask(const std::string& statement, const Patience& patience, const Take& take) {
        CELLMON_TRY_ASSIGN(
            const Response response,
            http_get(address_.endpoint,
                     fmt::format("/query?db={}&epoch=ns&q={}", percent_encoded(address_.database),
                                 percent_encoded(statement)),
                     patience));
        dom::element answer;
        if (parser_.parse(response.body).get(answer) != SUCCESS)
            return fail(ErrorCode::unavailable, "the answer is not one of InfluxDB");
        std::string_view error;
        if (answer["error"].get(error) == SUCCESS ||
            answer["results"].at(0)["error"].get(error) == SUCCESS) {
            return fail(ErrorCode::unavailable, fmt::format("InfluxDB says: {}", error));
        }
        dom::array found;
        if (answer["results"].at(0)["series"].get(found) != SUCCESS) return {};
        for (const auto one : found) {
            const Series series(one);
            if (!series.has_values()) continue;
            for (const auto row : series.values())
                take(series, row);
        }
        return {};
    }

    const monitor::InfluxAddress address_;
    dom::parser parser_;
};

}  // namespace

std::unique_ptr<RowStore> influx_rows(monitor::InfluxAddress address) {
    return std::make_unique<InfluxRows>(std::move(address));
}

}  // namespace cellmon::harness::plan
