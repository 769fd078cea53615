#include "notebook/notebook.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "event/text.hpp"
#include "notebook/line_diff.hpp"

namespace cellmon::notebook {
namespace {

using simdjson::dom::element;
using Problem = std::optional<Fault>;

constexpr std::array<std::string_view, 3> kTypes{"code", "markdown", "raw"};

std::int64_t characters_of(std::string_view text) {
    return std::count_if(text.begin(), text.end(),
                         [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
}

/// The last field of that name; nullopt: there is none.
std::optional<element> field_of(simdjson::dom::object object, std::string_view name) {
    std::optional<element> found;
    for (const auto field : object) {
        if (field.key == name) found = field.value;
    }
    return found;
}

/// However it is written: 4, 4.0 and 4e0 are one number.
std::optional<std::int64_t> whole_number(element value) {
    std::int64_t number = 0;
    if (value.get(number) == simdjson::SUCCESS) return number;
    constexpr double kBeyond = 9223372036854775808.0;  // 2^63
    double real = 0;
    const bool is_whole = value.get(real) == simdjson::SUCCESS && std::trunc(real) == real &&
                          real >= -kBeyond && real < kBeyond;
    return is_whole ? std::optional(static_cast<std::int64_t>(real)) : std::nullopt;
}

void append_canonical(std::string& out, element value) {
    simdjson::dom::array array;
    simdjson::dom::object object;
    if (value.get(array) == simdjson::SUCCESS) {
        out += '[';
        for (const element item : array) {
            if (out.back() != '[') out += ',';
            append_canonical(out, item);
        }
        out += ']';
    } else if (value.get(object) == simdjson::SUCCESS) {
        std::map<std::string_view, element> fields;
        for (const auto field : object)
            fields.insert_or_assign(field.key, field.value);
        out += '{';
        for (const auto& [name, field] : fields) {
            if (out.back() != '{') out += ',';
            event::append_json_string(out, name);
            out += ':';
            append_canonical(out, field);
        }
        out += '}';
    } else {
        std::string_view text;
        if (value.get(text) == simdjson::SUCCESS) {
            event::append_json_string(out, text);
        } else {
            out += simdjson::minify(value);
        }
    }
}

/// The field as canonical JSON when it is of that kind, `otherwise` when it is missing; else a
/// problem.
tl::expected<std::string, Fault> field_json(simdjson::dom::object object, std::string_view name,
                                            simdjson::dom::element_type type,
                                            std::string_view otherwise) {
    const auto found = field_of(object, name);
    if (!found) return std::string(otherwise);
    if (found->type() == type) return canonical_json(*found);
    const bool list = type == simdjson::dom::element_type::ARRAY;
    return tl::unexpected(
        Fault{fmt::format(R"("{}")", name), list ? "list_type" : "dict_type",
              list ? "Input should be a valid list" : "Input should be a valid dictionary"});
}

/// The text of `source`, in either form.
tl::expected<std::string, Fault> source_of(simdjson::dom::object cell) {
    const auto found = field_of(cell, "source");
    if (!found) return std::string();
    std::string_view text;
    if (found->get(text) == simdjson::SUCCESS) return std::string(text);
    const auto fault = [](std::string place) {
        return tl::unexpected(
            Fault{std::move(place), "string_type", "Input should be a valid string"});
    };
    simdjson::dom::array lines;
    if (found->get(lines) != simdjson::SUCCESS) return fault(R"("source")");
    std::string source;
    std::size_t index = 0;
    for (const element line : lines) {
        if (line.get(text) != simdjson::SUCCESS) return fault(fmt::format(R"("source",{})", index));
        source += text;
        ++index;
    }
    return source;
}

tl::expected<std::string_view, Fault> type_of(simdjson::dom::object cell) {
    const auto found = field_of(cell, "cell_type");
    std::string_view text = "code";
    if (found && found->get(text) != simdjson::SUCCESS) text = {};
    if (std::find(kTypes.begin(), kTypes.end(), text) != kTypes.end()) return text;
    return tl::unexpected(
        Fault{R"("cell_type")", "enum", "Input should be 'code', 'markdown' or 'raw'"});
}

Problem read_id(simdjson::dom::object object, Cell& cell) {
    const auto found = field_of(object, "id");
    if (!found || found->is_null()) return std::nullopt;
    std::string_view text;
    if (found->get(text) != simdjson::SUCCESS) {
        return Fault{R"("id")", "string_type", "Input should be a valid string"};
    }
    const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (text.empty() || characters_of(text) > static_cast<std::int64_t>(kMostIdCharacters) ||
        has_control) {
        return Fault{R"("id")", "value_error",
                     fmt::format("Value error, an id has 1 to {} characters, none of them a "
                                 "control character",
                                 kMostIdCharacters)};
    }
    cell.id = text;
    return std::nullopt;
}

Problem read_result(simdjson::dom::object object, Cell& cell) {
    const auto outputs = field_json(object, "outputs", simdjson::dom::element_type::ARRAY, "[]");
    if (!outputs) return outputs.error();
    Content result;
    if (const auto found = field_of(object, "execution_count"); found && !found->is_null()) {
        result.execution_count = whole_number(*found);
        if (!result.execution_count) {
            return Fault{R"("execution_count")", "int_type", "Input should be a valid integer"};
        }
    }
    if (*outputs == "[]" && !result.execution_count) return std::nullopt;
    result.json = fmt::format(
        R"({{"execution_count":{},"outputs":{}}})",
        result.execution_count ? std::to_string(*result.execution_count) : "null", *outputs);
    result.hash = event::sha256_hex(result.json);
    cell.result = std::move(result);
    return std::nullopt;
}

/// The end of a run, where JupyterLab noted it in the cell's metadata.
std::optional<TimeUs> executed_at(std::string_view metadata) {
    if (metadata.find(R"("execution":{)") == std::string_view::npos) return std::nullopt;
    simdjson::dom::parser parser;
    element root;
    if (parser.parse(metadata.data(), metadata.size()).get(root) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    std::string_view text;
    for (const char* name : {"shell.execute_reply", "iopub.status.idle"}) {
        if (root["execution"][name].get(text) == simdjson::SUCCESS) return parse_time(text);
    }
    return std::nullopt;
}

tl::expected<Cell, Fault> read_cell(element value) {
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
        return tl::unexpected(
            Fault{"", "model_attributes_type",
                  "Input should be a valid dictionary or object to extract fields from"});
    }
    Cell cell;
    const auto type = type_of(object);
    if (!type) return tl::unexpected(type.error());
    if (auto problem = read_id(object, cell)) return tl::unexpected(std::move(*problem));
    const auto source = source_of(object);
    if (!source) return tl::unexpected(source.error());
    const auto metadata = field_json(object, "metadata", simdjson::dom::element_type::OBJECT, "{}");
    if (!metadata) return tl::unexpected(metadata.error());
    const auto attachments =
        field_json(object, "attachments", simdjson::dom::element_type::OBJECT, "");
    if (!attachments) return tl::unexpected(attachments.error());
    cell.content = content_of(*type, *source, *metadata, *attachments);
    if (auto problem = read_result(object, cell)) return tl::unexpected(std::move(*problem));
    return cell;
}

/// Ids for cells that have none, or that of another one.
void complete_ids(std::vector<Cell>& cells) {
    std::unordered_set<std::string> taken;
    for (const Cell& cell : cells)
        taken.insert(cell.id);
    std::unordered_set<std::string_view> seen;
    // Goes on where it ended: ten thousand equal cells would try fifty million ids.
    std::unordered_map<std::string, std::size_t> numbers;
    for (Cell& cell : cells) {
        if (!cell.id.empty() && seen.insert(cell.id).second) continue;
        constexpr std::size_t kHashCharacters = 12;
        const std::string base = cell.content.hash.substr(0, kHashCharacters);
        std::size_t& number = numbers[base];
        do {
            cell.id = ++number == 1 ? base : fmt::format("{}-{}", base, number);
        } while (!taken.insert(cell.id).second);
    }
}

}  // namespace

std::string canonical_json(element value) {
    std::string json;
    append_canonical(json, value);
    return json;
}

Content content_of(std::string_view type, std::string_view source, std::string_view metadata,
                   std::string_view attachments) {
    Content content;
    std::string& json = content.json;
    json = fmt::format(R"({{"cell_type":"{}","source":[)", type);
    for (const std::string_view line : lines_of(source)) {
        if (json.back() != '[') json += ',';
        event::append_json_string(json, line);
        ++content.line_count;
    }
    json += R"(],"metadata":)";
    json += metadata;
    if (!attachments.empty()) (json += R"(,"attachments":)") += attachments;
    json += '}';
    content.hash = event::sha256_hex(json);
    content.cell_type = type;
    content.character_count = characters_of(source);
    content.executed_us = executed_at(metadata);
    return content;
}

std::size_t bytes_of(const Notebook& notebook) {
    std::size_t bytes = notebook.header.size();
    for (const Cell& cell : notebook.cells)
        bytes += cell.content.json.size() + (cell.result ? cell.result->json.size() : 0);
    return bytes;
}

CellContent parse_content(const std::string& json) {
    simdjson::dom::parser parser;
    element root;
    simdjson::dom::object object;
    CELLMON_ASSERT(parser.parse(json).get(root) == simdjson::SUCCESS);
    CELLMON_ASSERT(root.get(object) == simdjson::SUCCESS);
    CellContent content;
    std::string_view type;
    CELLMON_ASSERT(root["cell_type"].get(type) == simdjson::SUCCESS);
    content.type = type;
    content.source = source_of(object).value();
    const auto metadata = field_of(object, "metadata");
    CELLMON_ASSERT(metadata.has_value());
    content.metadata = canonical_json(*metadata);
    if (const auto found = field_of(object, "attachments")) {
        content.attachments = canonical_json(*found);
    }
    for (const char* name : {"tags", "collapsed", "scrolled"}) {
        element value;
        if ((*metadata)[name].get(value) != simdjson::SUCCESS) continue;
        content.visible += fmt::format("{}:{};", name, canonical_json(value));
    }
    return content;
}

tl::expected<Notebook, Fault> read_notebook(element content) {
    simdjson::dom::object object;
    if (content.get(object) != simdjson::SUCCESS) {
        return tl::unexpected(Fault{"", "dict_type", "Input should be a valid dictionary"});
    }
    Notebook notebook;
    const auto metadata = field_json(object, "metadata", simdjson::dom::element_type::OBJECT, "{}");
    if (!metadata) return tl::unexpected(metadata.error());
    notebook.header = R"({"metadata":)" + *metadata;
    for (const char* name : {"nbformat", "nbformat_minor"}) {
        const auto found = field_of(object, name);
        const auto number = found ? whole_number(*found) : std::nullopt;
        if (found && !number) {
            return tl::unexpected(
                Fault{fmt::format(R"("{}")", name), "int_type", "Input should be a valid integer"});
        }
        notebook.header +=
            fmt::format(R"(,"{}":{})", name, number ? std::to_string(*number) : "null");
    }
    notebook.header += '}';
    const auto cells = field_of(object, "cells");
    simdjson::dom::array list;
    if (cells && cells->get(list) != simdjson::SUCCESS) {
        return tl::unexpected(Fault{R"("cells")", "list_type", "Input should be a valid list"});
    }
    if (cells && list.size() > kMostCells) {
        return tl::unexpected(Fault{R"("cells")", "too_long",
                                    fmt::format("List should have at most {} items", kMostCells)});
    }
    if (cells) {
        for (const element value : list) {
            auto cell = read_cell(value);
            if (!cell) {
                Fault fault = std::move(cell).error();
                std::string place = fmt::format(R"("cells",{})", notebook.cells.size());
                if (!fault.place.empty()) (place += ',') += fault.place;
                fault.place = std::move(place);
                return tl::unexpected(std::move(fault));
            }
            notebook.cells.push_back(std::move(*cell));
        }
    }
    complete_ids(notebook.cells);
    return notebook;
}

}  // namespace cellmon::notebook
