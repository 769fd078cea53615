#include "backup/manifest.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "backup/digest.hpp"
#include "event/json_object.hpp"
#include "journal/checked_text.hpp"

namespace cellmon::backup {
namespace {

using event::JsonObject;

constexpr std::string_view kManifestLine = "cellmon-backup 1";
constexpr std::string_view kSealWord = "seal ";

void append_place(JsonObject& object, std::string& text, std::string_view name,
                  const Place& place) {
    object.key(name);
    JsonObject inner(text);
    inner.number("sequence", place.sequence);
    inner.text("chain", fmt::format("{:016x}", place.chain));
    inner.end();
}

void append_part(std::string& text, const PartEntry& part) {
    JsonObject object(text);
    object.text("name", part.name);
    object.text("file", part.file);
    object.number("offset", part.offset);
    object.number("storedBytes", part.size.stored_bytes);
    object.text("stored", hex_of(part.size.stored));
    object.number("bytes", part.size.bytes);
    object.text("content", hex_of(part.size.content));
    if (part.is_segment()) {
        object.number("first", part.first);
        object.number("last", part.last);
        object.text("chainAfter", fmt::format("{:016x}", part.chain_after));
        object.boolean("sealed", part.sealed);
    }
    object.end();
}

std::string json_of(const Manifest& manifest) {
    std::string text;
    JsonObject object(text);
    object.text("id", manifest.id);
    object.text("program", manifest.program);
    object.text("started", format_time(manifest.started_us));
    object.text("finished", format_time(manifest.finished_us));
    object.text("key", text_of(manifest.key));
    object.text("journal", manifest.journal_id.to_string());
    object.number("epoch", manifest.epoch);
    append_place(object, text, "snapshot", manifest.snapshot);
    append_place(object, text, "through", manifest.through);
    object.key("redactions");
    text += '[';
    for (const auto& [first, last] : manifest.redactions) {
        text += fmt::format("{}[{},{}]", text.back() == '[' ? "" : ",", first, last);
    }
    text += ']';
    object.text("classroom", manifest.engine == sql::Engine::sqlite ? "sqlite" : "postgresql");
    object.number("schemaVersion", manifest.schema_version);
    object.key("parts");
    text += '[';
    for (const PartEntry& part : manifest.parts) {
        if (text.back() != '[') text += ',';
        append_part(text, part);
    }
    text += ']';
    object.end();
    return text;
}

std::string seal_of(std::string_view covered, const Key* key) {
    Digester digester = key == nullptr ? Digester() : Digester(std::span(key->seal));
    digester.add(covered);
    return hex_of(digester.finish());
}

/// Reads fields of an object; the first one that is not as it should be is kept as a problem.
class FieldReader {
  public:
    explicit FieldReader(simdjson::dom::element json) : json_(json) {}

    std::string text(const char* name) {
        std::string_view value;
        if (json_[name].get(value) != simdjson::SUCCESS) ok_ = false;
        return std::string(value);
    }
    std::uint64_t number(const char* name) {
        std::uint64_t value = 0;
        if (json_[name].get(value) != simdjson::SUCCESS) ok_ = false;
        return value;
    }
    std::uint64_t chain(const char* name) {
        const std::string digits = text(name);
        std::uint64_t value = 0;
        const char* end = digits.data() + digits.size();
        const auto parsed = std::from_chars(digits.data(), end, value, 16);
        if (digits.size() != 16 || parsed.ec != std::errc{} || parsed.ptr != end) ok_ = false;
        return value;
    }
    Digest digest(const char* name) {
        Digest value{};
        if (!bytes_of_hex(text(name), value)) ok_ = false;
        return value;
    }
    TimeUs time(const char* name) {
        const auto value = parse_time(text(name));
        if (!value) ok_ = false;
        return value.value_or(0);
    }
    Place place(const char* name) {
        simdjson::dom::element inner;
        if (json_[name].get(inner) != simdjson::SUCCESS) {
            ok_ = false;
            return {};
        }
        FieldReader reader(inner);
        const Place value{reader.number("sequence"), reader.chain("chain")};
        ok_ = ok_ && reader.ok_;
        return value;
    }
    [[nodiscard]] bool has(const char* name) const {
        return json_[name].error() == simdjson::SUCCESS;
    }
    [[nodiscard]] bool ok() const { return ok_; }
    void note(bool holds) { ok_ = ok_ && holds; }

  private:
    simdjson::dom::element json_;
    bool ok_ = true;
};

/// A name that leads nowhere else.
bool is_plain_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." &&
           name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

std::optional<PartEntry> part_of(simdjson::dom::element json) {
    FieldReader fields(json);
    PartEntry part;
    part.name = fields.text("name");
    part.file = fields.text("file");
    part.offset = fields.number("offset");
    part.size.stored_bytes = fields.number("storedBytes");
    part.size.stored = fields.digest("stored");
    part.size.bytes = fields.number("bytes");
    part.size.content = fields.digest("content");
    if (fields.has("first")) {
        part.first = fields.number("first");
        part.last = fields.number("last");
        part.chain_after = fields.chain("chainAfter");
        bool sealed = false;
        fields.note(json["sealed"].get(sealed) == simdjson::SUCCESS);
        part.sealed = sealed;
        fields.note(part.first > 0 && part.last >= part.first);
    }
    fields.note(part.file.empty() || is_plain_name(part.file));
    if (!fields.ok()) return std::nullopt;
    return part;
}

bool read_blanked(simdjson::dom::element json, Manifest& manifest) {
    simdjson::dom::array ranges;
    if (json["redactions"].get(ranges) != simdjson::SUCCESS) return false;
    for (const simdjson::dom::element range : ranges) {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        if (range.at(0).get(first) != simdjson::SUCCESS ||
            range.at(1).get(last) != simdjson::SUCCESS || first > last) {
            return false;
        }
        manifest.redactions.emplace_back(first, last);
    }
    return true;
}

bool read_parts(simdjson::dom::element json, Manifest& manifest) {
    simdjson::dom::array parts;
    if (json["parts"].get(parts) != simdjson::SUCCESS) return false;
    for (const simdjson::dom::element element : parts) {
        auto part = part_of(element);
        if (!part) return false;
        manifest.parts.push_back(std::move(*part));
    }
    return true;
}

bool fill_manifest(simdjson::dom::element json, Manifest& manifest) {
    FieldReader fields(json);
    manifest.id = fields.text("id");
    manifest.program = fields.text("program");
    manifest.started_us = fields.time("started");
    manifest.finished_us = fields.time("finished");
    const auto journal = Id128::parse(fields.text("journal"));
    fields.note(journal.has_value() && is_plain_name(manifest.id));
    manifest.journal_id = journal.value_or(Id128{});
    manifest.epoch = fields.number("epoch");
    manifest.snapshot = fields.place("snapshot");
    manifest.through = fields.place("through");
    const std::string engine = fields.text("classroom");
    fields.note(engine == "sqlite" || engine == "postgresql");
    manifest.engine = engine == "sqlite" ? sql::Engine::sqlite : sql::Engine::postgres;
    manifest.schema_version = fields.number("schemaVersion");
    return fields.ok() && read_blanked(json, manifest) && read_parts(json, manifest) &&
           manifest.classroom() != nullptr;
}

}  // namespace

const PartEntry* Manifest::classroom() const {
    for (const PartEntry& part : parts) {
        if (!part.is_segment()) return &part;
    }
    return nullptr;
}

std::uint64_t Manifest::stored_bytes() const {
    std::uint64_t bytes = 0;
    for (const PartEntry& part : parts)
        bytes += part.size.stored_bytes;
    return bytes;
}

std::string text_of(const Manifest& manifest, const Key* key) {
    std::string text = fmt::format("{}\n{}\n", kManifestLine, json_of(manifest));
    text += fmt::format("{}{}\n", kSealWord, seal_of(text, key));
    return journal::with_checksum(std::move(text));
}

Result<Manifest> manifest_of(std::string_view text, std::string_view path) {
    CELLMON_TRY_ASSIGN(const auto lines, journal::checked_lines(text, kManifestLine, path));
    if (lines.size() != 3 || !lines[2].starts_with(kSealWord)) {
        return fail(ErrorCode::corrupt, fmt::format("{} is no manifest of a backup", path));
    }
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    Manifest manifest;
    const simdjson::padded_string padded(lines[1]);
    if (parser.parse(padded).get(json) != simdjson::SUCCESS || !fill_manifest(json, manifest)) {
        return fail(ErrorCode::corrupt,
                    fmt::format("{} lacks something that a manifest has", path));
    }
    std::string_view key;
    if (json["key"].get(key) != simdjson::SUCCESS) {
        return fail(ErrorCode::corrupt, fmt::format("{} does not say how it is encrypted", path));
    }
    auto settings = key_settings_of(key);
    if (!settings) {
        return fail(settings.error().code, fmt::format("{}: {}", path, settings.error().message));
    }
    manifest.key = *settings;
    return manifest;
}

Result<void> check_seal(std::string_view text, const Key* key, std::string_view path) {
    const std::size_t at = text.rfind(kSealWord);
    if (at != std::string_view::npos) {
        const std::string_view rest = text.substr(at + kSealWord.size());
        if (rest.substr(0, rest.find('\n')) == seal_of(text.substr(0, at), key)) return {};
    }
    return fail(ErrorCode::corrupt,
                fmt::format("{} is not what the backup wrote: somebody has changed it", path));
}

}  // namespace cellmon::backup
