#include "harness/peer/kept.hpp"

#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

namespace cellmon::harness::peer {
namespace {

using simdjson::dom::element;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

/// Some of what came, for a complaint.
std::string beginning_of(std::string_view text) {
    constexpr std::size_t kMost = 60;
    return fmt::format("\"{}{}\"", text.substr(0, kMost), text.size() > kMost ? "…" : "");
}

std::string_view place_of(const std::string& pointer) {
    return pointer.empty() ? std::string_view("it") : std::string_view(pointer);
}

class KeptReader {
  public:
    KeptReader(const KeptWay& way, const VisitKept& visit) : way_(way), visit_(visit) {}

    Result<KeptPage> read(std::string_view text) {
        switch (way_.format) {
            case KeptWay::Format::text:
                CELLMON_TRY(read_text(text));
                break;
            case KeptWay::Format::ndjson:
                CELLMON_TRY(read_lines(text));
                break;
            case KeptWay::Format::json:
                CELLMON_TRY(read_json(text));
                break;
        }
        return page_;
    }

  private:
    static tl::unexpected<Error> wrong(std::string_view reason) {
        return fail(ErrorCode::corrupt, fmt::format("what the server has kept: {}", reason));
    }
    /// The value there; an empty pointer means `whole` itself.
    static std::optional<element> at(const element& whole, const std::string& pointer) {
        if (pointer.empty()) return whole;
        element found;
        if (whole.at_pointer(pointer).get(found) != simdjson::SUCCESS) return std::nullopt;
        return found;
    }

    Result<void> read_text(std::string_view text) {
        if (way_.what == KeptWay::What::number) {
            const std::string_view digits = trimmed(text);
            const char* const end = digits.data() + digits.size();
            const auto [stop, error] = std::from_chars(digits.data(), end, page_.count);
            if (error != std::errc() || stop != end)
                return wrong(fmt::format("{} is no number", beginning_of(text)));
            return {};
        }
        while (!text.empty()) {
            const std::string_view line = take_line(text);
            if (!line.empty()) tell(line);
        }
        return {};
    }

    Result<void> read_lines(std::string_view text) {
        std::size_t number = 0;
        while (!text.empty()) {
            ++number;
            const std::string_view line = take_line(text);
            if (line.empty()) continue;
            element value;
            if (lines_.parse(line.data(), line.size()).get(value) != simdjson::SUCCESS)
                return wrong(fmt::format("line {} is no JSON: {}", number, beginning_of(line)));
            CELLMON_TRY(read_item(value));
        }
        return {};
    }

    Result<void> read_json(std::string_view text) {
        element whole;
        if (json_.parse(text.data(), text.size()).get(whole) != simdjson::SUCCESS)
            return wrong(fmt::format("{} is no JSON", beginning_of(text)));
        const auto found = at(whole, way_.pointer);
        if (!found) return wrong(fmt::format("there is no {}", way_.pointer));
        if (way_.what == KeptWay::What::number) {
            if (found->get(page_.count) != simdjson::SUCCESS)
                return wrong(fmt::format("{} is no number of events", place_of(way_.pointer)));
            return {};
        }
        simdjson::dom::array list;
        if (found->get(list) != simdjson::SUCCESS)
            return wrong(fmt::format("{} is no list", place_of(way_.pointer)));
        for (const element item : list)
            CELLMON_TRY(read_item(item));
        return {};
    }

    Result<void> read_item(const element& item) {
        const auto found = at(item, way_.item);
        if (!found) return wrong(fmt::format("number {} has no {}", page_.count + 1, way_.item));
        if (way_.what == KeptWay::What::ids) {
            std::string_view id;
            if (found->get(id) != simdjson::SUCCESS)
                return wrong(
                    fmt::format("number {}: {} is no text", page_.count + 1, place_of(way_.item)));
            tell(id);
        } else {
            const auto event = contents_.read(simdjson::minify(*found));
            if (!event)
                return wrong(fmt::format("number {}: {}", page_.count + 1, event.error().message));
            ++page_.count;
            visit_(event->id, &event->content);
        }
        return note_place(item);
    }

    /// Where the next page begins.
    Result<void> note_place(const element& item) {
        if (way_.after.empty()) return {};
        const auto found = at(item, way_.after);
        std::string_view text;
        if (!found) return wrong(fmt::format("number {} has no {}", page_.count, way_.after));
        page_.after =
            found->get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(*found);
        return {};
    }

    void tell(std::string_view id) {
        ++page_.count;
        visit_(Id128::from_text(id), nullptr);
    }

    const KeptWay& way_;
    const VisitKept& visit_;
    KeptPage page_;
    simdjson::dom::parser json_;
    simdjson::dom::parser lines_;
    ContentReader contents_;
};

}  // namespace

Result<KeptPage> read_kept(const KeptWay& way, std::string_view text, const VisitKept& visit) {
    return KeptReader(way, visit).read(text);
}

}  // namespace cellmon::harness::peer
