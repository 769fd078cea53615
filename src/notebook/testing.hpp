#pragma once

// For tests: notebooks of short texts, and what is stored of them.
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "notebook/merge.hpp"
#include "notebook/notebook.hpp"

namespace cellmon::notebook {

inline tl::expected<Notebook, Fault> read_text(const std::string& json) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    EXPECT_EQ(parser.parse(json).get(root), simdjson::SUCCESS) << json;
    return read_notebook(root);
}

/// Code cells as ids and sources.
class Sample {
  public:
    using Cells = std::vector<std::pair<std::string, std::string>>;

    explicit Sample(const Cells& cells, const std::string& header = "{}") {
        ref.header = header;
        for (const auto& [id, source] : cells) {
            const Content content = content_of("code", source, "{}", "");
            ref.cells.push_back({id, content.hash, "", content.line_count});
            all()[content.hash] = parse_content(content.json);
        }
    }

    /// Every content that a test has made.
    static Contents& all() {
        static Contents contents;
        return contents;
    }

    NotebookRef ref;
};

}  // namespace cellmon::notebook
