#include "harness/classroom/people.hpp"

#include <array>

#include <fmt/format.h>

namespace cellmon::harness {
namespace {

constexpr std::uint32_t kTeamSize = 5;

constexpr std::array<std::string_view, 24> kFamilyNames{
    "佐藤", "鈴木", "高橋", "田中", "伊藤",   "渡辺", "山本", "中村",
    "小林", "加藤", "吉田", "山田", "佐々木", "山口", "松本", "井上",
    "木村", "林",   "斎藤", "清水", "山崎",   "森",   "池田", "橋本"};
constexpr std::array<std::string_view, 20> kGivenNames{
    "陽菜", "蓮", "結衣",   "湊",   "葵",   "悠真", "さくら", "大翔", "美咲", "陸",
    "凛",   "樹", "ひなた", "翔太", "七海", "健太", "彩花",   "拓海", "優奈", "颯"};
constexpr std::array<std::string_view, 14> kEnglishFirst{"Emma",  "Liam", "Olivia", "Noah", "Ava",
                                                         "Ethan", "Mia",  "Lucas",  "Zoë",  "Henry",
                                                         "Grace", "Jack", "Chloé",  "Oscar"};
constexpr std::array<std::string_view, 12> kEnglishLast{"Johnson", "O'Brien", "Smith",  "Garcia",
                                                        "Müller",  "Brown",   "Wilson", "Taylor",
                                                        "Nguyen",  "Walker",  "Young",  "Clark"};

std::string team_name(std::uint32_t team) {
    if (team < 26) return fmt::format("チーム{}", static_cast<char>('A' + team));
    return fmt::format("チーム{}", (team - 26) % 99 + 1);
}

}  // namespace

std::string_view name_of(Behaviour behaviour) {
    switch (behaviour) {
        case Behaviour::working:
            return "working";
        case Behaviour::stuck:
            return "stuck";
        case Behaviour::idle:
            return "idle";
        case Behaviour::exploring:
            return "exploring";
        case Behaviour::finished:
            return "finished";
        case Behaviour::endless_loop:
            return "endless_loop";
    }
    return "working";
}

Person make_person(std::uint32_t index, Behaviour behaviour, Dice& dice) {
    Person person;
    person.index = index;
    person.email = fmt::format("student{:03}@example.com", index + 1);
    // Two statements, because the order in which a call's arguments are evaluated differs between
    // compilers.
    const bool japanese = dice.below(3) != 0;
    const std::string_view first = japanese ? dice.pick<std::string_view>(kFamilyNames)
                                            : dice.pick<std::string_view>(kEnglishFirst);
    const std::string_view second = japanese ? dice.pick<std::string_view>(kGivenNames)
                                             : dice.pick<std::string_view>(kEnglishLast);
    person.name = fmt::format("{} {}", first, second);
    person.team = team_name(index / kTeamSize);
    person.better_client = index % 3 != 0;
    person.behaviour = behaviour;
    return person;
}

}  // namespace cellmon::harness
