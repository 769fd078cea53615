#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "event/event.hpp"
#include "exporting/classroom_facts.hpp"
#include "exporting/names.hpp"
#include "exporting/pseudonyms.hpp"

namespace cellmon::exporting {

/// Everybody who appears in an export, by class, with all that they are called: what free texts are
/// searched for. One thread.
class People {
  public:
    void add(std::string_view class_code, const event::Event& event);
    void add(const ClassroomFacts& facts);

    /// For texts of that class. Valid until the next add().
    const NameReplacer& names_in(std::string_view class_code, const Pseudonyms& pseudonyms);

  private:
    /// Of one person no more is kept of each: a client that calls itself otherwise each time fills
    /// no memory.
    static constexpr std::size_t kMostNames = 16;

    struct Person {
        std::set<std::string> names;
        std::set<std::string> user_ids;
    };
    struct Class {
        std::map<std::string, Person> people;  ///< By person_key().
        std::set<std::string> teams;
        std::unique_ptr<NameReplacer> replacer;
    };

    Class& of(std::string_view class_code);
    static void put(std::set<std::string>& texts, std::string_view text, std::size_t most);

    std::map<std::string, Class, std::less<>> classes_;
};

}  // namespace cellmon::exporting
