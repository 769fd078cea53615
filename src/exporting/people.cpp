#include "exporting/people.hpp"

namespace cellmon::exporting {
namespace {

constexpr std::size_t kMostTeams = 10'000;  ///< Of a class.

}  // namespace

People::Class& People::of(std::string_view class_code) {
    const auto found = classes_.find(class_code);
    return found != classes_.end() ? found->second : classes_[std::string(class_code)];
}

void People::put(std::set<std::string>& texts, std::string_view text, std::size_t most) {
    if (!text.empty() && texts.size() < most) texts.emplace(text);
}

void People::add(std::string_view class_code, const event::Event& event) {
    Class& place = of(class_code);
    Person& person = place.people[person_key(event.email_address)];
    put(person.names, event.user_name.value_or(""), kMostNames);
    put(person.user_ids, event.user_id.value_or(""), kMostNames);
    put(place.teams, event.team_name.value_or(""), kMostTeams);
}

void People::add(const ClassroomFacts& facts) {
    for (const ClassroomFacts::Enrolled& row : facts.enrolled) {
        Class& place = of(row.class_code);
        put(place.people[person_key(row.email)].names, row.name, kMostNames);
        put(place.teams, row.team, kMostTeams);
    }
    for (const ClassroomFacts::Submission& row : facts.submissions)
        of(row.class_code).people[person_key(row.email)];
}

const NameReplacer& People::names_in(std::string_view class_code, const Pseudonyms& pseudonyms) {
    Class& place = of(class_code);
    if (place.replacer) return *place.replacer;
    place.replacer = std::make_unique<NameReplacer>();
    for (const auto& [email, person] : place.people) {
        const std::string with = pseudonyms.student(class_code, email);
        place.replacer->add_address(email, with);
        for (const std::string& name : person.names)
            place.replacer->add_name(name, with);
        for (const std::string& user_id : person.user_ids)
            place.replacer->add_address(user_id, with);
    }
    for (const std::string& team : place.teams)
        place.replacer->add_word(team, pseudonyms.team(class_code, team));
    place.replacer->finish();
    return *place.replacer;
}

}  // namespace cellmon::exporting
