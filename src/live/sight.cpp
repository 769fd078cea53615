#include "live/sight.hpp"

#include <algorithm>

namespace cellmon::live {
namespace {

std::string small_letters(std::string_view email) {
    std::string key(email);
    std::transform(key.begin(), key.end(), key.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
    });
    return key;
}

}  // namespace

bool Sight::sees(std::string_view email, std::string_view class_code) const {
    if (rows_.own.contains(class_code)) return true;
    if (rows_.made->contains(class_code) || rows_.roster.empty()) return false;
    return rows_.roster.contains(small_letters(email));
}

bool Sight::holds(const Rows& rows) const {
    return rows_.own == rows.own && *rows_.made == *rows.made && rows_.roster == rows.roster;
}

PicturePtr seen(const PicturePtr& picture, const SightPtr& sight) {
    if (!sight) return picture;
    auto part = std::make_shared<Picture>();
    part->journal_id = picture->journal_id;
    part->epoch = picture->epoch;
    part->sequence = picture->sequence;
    part->at_us = picture->at_us;
    auto places = std::make_shared<StudentIndex>();
    for (const StudentPicturePtr& student : picture->students) {
        if (!sight->sees(student->view)) continue;
        places->add(student->view.email, part->students.size());
        part->students.push_back(student);
        part->all.add(student->view);
    }
    part->places = std::move(places);
    return part;
}

}  // namespace cellmon::live
