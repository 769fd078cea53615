// Goal: a picture that somebody reads is never changed, one that nobody reads is used again, and
// who makes pictures may be gone before who reads them. Method: the addresses of pictures.

#include "live/spare_pictures.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace cellmon::live {
namespace {

PicturePtr publish(SparePictures& spares, std::uint64_t sequence) {
    auto made = spares.take();
    made->sequence = sequence;
    return spares.publish(std::move(made));
}

TEST(SparePictures, GivesBackWhatNobodyReads) {
    SparePictures spares;
    PicturePtr first = publish(spares, 1);
    const Picture* const place = first.get();
    const PicturePtr second = publish(spares, 2);
    EXPECT_NE(second.get(), place) << "the first is read";
    std::thread([reader = std::move(first)]() mutable { reader.reset(); }).join();
    const auto again = spares.take();
    EXPECT_EQ(again.get(), place);
    EXPECT_EQ(again->sequence, 1U) << "as it was";
    EXPECT_EQ(second->sequence, 2U);
}

TEST(SparePictures, EachReaderCounts) {
    SparePictures spares;
    PicturePtr one = publish(spares, 1);
    PicturePtr two = one;
    one.reset();
    EXPECT_NE(spares.take().get(), two.get());
    EXPECT_EQ(two->sequence, 1U);
}

TEST(SparePictures, KeepsFewAndMakesMore) {
    SparePictures spares;
    std::vector<PicturePtr> read;
    for (std::uint64_t i = 1; i <= 10; ++i)
        read.push_back(publish(spares, i));
    read.clear();
    std::vector<std::unique_ptr<Picture>> taken;
    std::size_t used = 0;
    for (int i = 0; i < 10; ++i) {
        taken.push_back(spares.take());
        used += taken.back()->sequence > 0 ? 1 : 0;
    }
    EXPECT_EQ(used, 2U);
}

TEST(SparePictures, AReaderMayBeTheLast) {
    PicturePtr picture;
    {
        SparePictures spares;
        picture = publish(spares, 7);
    }
    EXPECT_EQ(picture->sequence, 7U);
}

}  // namespace
}  // namespace cellmon::live
