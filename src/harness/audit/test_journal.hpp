#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/crc32c.hpp"
#include "base/id128.hpp"

namespace cellmon::harness {

/// Writes a journal folder as docs/formats/journal.md describes it, for the tests of its reader.
class TestJournal {
  public:
    struct Item {
        Id128 id;
        std::string payload;
        std::uint16_t kind = 1;
    };

    explicit TestJournal(std::string folder) : folder_(std::move(folder)) {
        std::filesystem::create_directories(folder_);
        id_.bytes.fill(7);
        write("identity",
              with_crc(fmt::format("cellmon-journal 1\nid {}\nepoch 1\n", id_.to_string())));
    }

    /// A segment of one record for each group, sealed or open with zeros behind it; without the
    /// payloads when they were `removed`.
    void segment(const std::vector<std::vector<Item>>& groups, bool sealed, bool removed = false) {
        const std::uint64_t first = next_;
        const std::uint32_t salt = 0xabcd0000U + static_cast<std::uint32_t>(first);
        std::string bytes = "CMONSEG1";
        put(bytes, removed ? 2 : 1, 4);
        put(bytes, 0, 4);
        bytes.append(reinterpret_cast<const char*>(id_.bytes.data()), 16);
        put(bytes, 1, 8);
        put(bytes, first, 8);
        put(bytes, chain_, 8);
        put(bytes, salt, 4);
        put(bytes, crc32c(bytes), 4);
        for (const auto& group : groups)
            bytes += record(group, salt, removed);
        if (sealed) {
            std::string footer = "CMONEND1";
            for (const std::uint64_t value : {first, next_ - 1, chain_, std::uint64_t{bytes.size()},
                                              std::uint64_t{groups.size()}}) {
                put(footer, value, 8);
            }
            put(footer, 0, 4);
            put(footer, salt, 4);
            put(footer, 0, 4);
            put(footer, crc32c(footer, salt), 4);
            bytes += footer;
        } else {
            bytes.append(256, '\0');
        }
        names.push_back(fmt::format("{:020}.segment", first));
        write(names.back(), bytes);
    }

    /// Says what is durable; `epoch` 1 is that of the journal.
    void durable(std::uint64_t sequence, std::uint64_t epoch = 1) const {
        std::string bytes;
        put(bytes, sequence, 8);
        put(bytes, epoch, 8);
        bytes.append(reinterpret_cast<const char*>(id_.bytes.data()), 16);
        put(bytes, 0, 4);
        put(bytes, crc32c(bytes), 4);
        write("durable", bytes);
    }

    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(folder_ + "/" + name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    [[nodiscard]] const std::string& folder() const { return folder_; }
    static std::string with_crc(const std::string& lines) {
        return lines + fmt::format("crc32c {:08x}\n", crc32c(lines));
    }

    std::vector<std::string> names;

  private:
    static void put(std::string& into, std::uint64_t value, int size) {
        for (int i = 0; i < size; ++i)
            into += static_cast<char>(value >> (8 * i));
    }

    std::string record(const std::vector<Item>& group, std::uint32_t salt, bool removed) {
        const std::uint64_t before = chain_;
        const std::uint64_t first = next_;
        std::string heads;
        std::string payloads;
        for (const Item& item : group) {
            std::string head(reinterpret_cast<const char*>(item.id.bytes.data()), 16);
            put(head, XXH64(item.payload.data(), item.payload.size(), 0), 8);
            put(head, 1'790'000'000'000'000, 8);
            put(head, next_++, 8);
            put(head, item.payload.size(), 4);
            put(head, crc32c(item.payload), 4);
            put(head, item.kind, 2);
            put(head, 0, 2);
            put(head, 0, 4);
            chain_ = XXH64(head.data(), head.size(), chain_);
            heads += head;
            if (!removed) payloads += item.payload;
        }
        const std::size_t plain = 64 + heads.size() + payloads.size();
        const std::size_t padding = (8 - plain % 8) % 8;
        std::string rest;
        put(rest, plain + padding, 8);
        put(rest, first, 8);
        put(rest, group.size(), 4);
        put(rest, 0, 4);
        put(rest, 1'790'000'000'000'000, 8);
        put(rest, before, 8);
        put(rest, chain_, 8);
        put(rest, 0, 8);
        std::string bytes = "CMG1";
        put(bytes, crc32c(rest + heads, salt), 4);
        return bytes + rest + heads + payloads + std::string(padding, '\0');
    }

    std::string folder_;
    Id128 id_;
    std::uint64_t next_ = 1;
    std::uint64_t chain_ = 0;
};

}  // namespace cellmon::harness
