#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cellmon::exporting {

/// Finds what people are called in free texts and puts something else in its place: addresses, the
/// parts before their @, ids, names and parts of names, teams. Letters of ASCII are compared
/// without regard to case, and what begins or ends with one is found as a whole word; names in
/// other scripts are found anywhere. Addresses of others become `[address]`. Very short names are
/// not looked for: they would be found in every text. One thread each.
class NameReplacer {
  public:
    /// `with` takes the place of the text; two people with one name become `[name]`.
    void add_address(std::string_view email, const std::string& with);
    void add_name(std::string_view name, const std::string& with);
    void add_word(std::string_view word, const std::string& with);

    /// Behind the last of them, before the first replace().
    void finish();

    [[nodiscard]] std::string replace(std::string_view text) const;

  private:
    struct Word {
        std::string text;  ///< Small letters.
        std::string with;
    };

    void add(std::string_view word, const std::string& with);
    [[nodiscard]] const Word* word_at(std::string_view text, std::size_t at) const;

    std::map<std::string, std::string> words_;
    std::unordered_map<std::uint32_t, std::vector<Word>> by_start_;  ///< The longest first.
};

}  // namespace cellmon::exporting
