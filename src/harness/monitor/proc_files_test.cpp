// Goal: what /proc says is read as it stands there. Method: real files of Linux 6, word for word,
// the hard cases of proc(5), and names that nobody would choose.
#include "harness/monitor/proc_files.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cellmon::harness::monitor {
namespace {

TEST(ProcFiles, HostTicks) {
    const auto ticks = parse_host_ticks(
        "cpu  386269 134461 100168 139182 31220 0 2791 993 7 8\n"
        "cpu0 187543 59547 43149 98424 7436 0 861 466 0 0\n"
        "cpu1 198726 74914 57019 40758 23784 0 1930 526 0 0\n"
        "intr 5 0 0\nctxt 12345\nbtime 1700000000\n");
    ASSERT_TRUE(ticks.has_value());
    EXPECT_EQ(ticks->cores, 2U);
    EXPECT_EQ(ticks->total, 386269U + 134461 + 100168 + 139182 + 31220 + 0 + 2791 + 993);
    EXPECT_EQ(ticks->busy, 386269U + 134461 + 100168 + 2791 + 993);
    for (const char* bad : {"", "cpu  1 2 3\ncpu0 1 2 3\n", "cpu  1 2 3 4 5 6 7 x\ncpu0\n",
                            "cpu  1 2 3 4 5 6 7 8\n"}) {
        EXPECT_FALSE(parse_host_ticks(bad).has_value()) << bad;
    }
}

TEST(ProcFiles, HostMemory) {
    const auto memory = parse_host_memory(
        "MemTotal:       24684084 kB\nMemFree:        13281424 kB\nMemAvailable:   18905740 kB\n");
    ASSERT_TRUE(memory.has_value());
    EXPECT_EQ(memory->total_bytes, 24684084ULL * 1024);
    EXPECT_EQ(memory->available_bytes, 18905740ULL * 1024);
    EXPECT_FALSE(parse_host_memory("MemTotal: 24684084 kB\nMemFree: 1 kB\n").has_value());
    EXPECT_FALSE(parse_host_memory("MemTotal: 0 kB\nMemAvailable: 0 kB\n").has_value());
}

TEST(ProcFiles, Disks) {
    const auto disks = parse_disks(
        "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
        " 254       0 vda 444211 32799 34558314 13604619 1535345 136876 224283128 2433649 3 521512 "
        "16103642 43384 61 109454376 45534 177401 19837\n"
        "   8       1 sda1 1 2 3 4 5\n");
    ASSERT_EQ(disks.size(), 2U) << "a row that is cut is none";
    EXPECT_EQ(disks[0].device, "loop0");
    EXPECT_EQ(disks[1].device, "vda");
    EXPECT_EQ(disks[1].in_bytes, 34558314ULL * 512);
    EXPECT_EQ(disks[1].out_bytes, 224283128ULL * 512);
    EXPECT_EQ(disks[1].busy_ms, 521512U);
    EXPECT_EQ(sum_of({{"a", 1, 10, 0}, {"b", 2, 20, 0}}).out_bytes, 30U);
}

TEST(ProcFiles, Interfaces) {
    const auto interfaces = parse_interfaces(
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
        "    lo:58429186173 3569280    0    0    0     0          0         0 58429186174 3569280 "
        "0 "
        "0 0 0 0 0\n"
        "  eth0: 691286006   15254    0    0    0     0          0         0   762169    8130    0 "
        "0 0 0 0 0\n");
    ASSERT_EQ(interfaces.size(), 2U);
    EXPECT_EQ(interfaces[0].device, "lo");
    EXPECT_EQ(interfaces[0].in_bytes, 58429186173U);
    EXPECT_EQ(interfaces[0].out_bytes, 58429186174U);
    EXPECT_EQ(interfaces[1].device, "eth0");
    EXPECT_EQ(interfaces[1].in_bytes, 691286006U);
    EXPECT_EQ(interfaces[1].out_bytes, 762169U);
}

TEST(ProcFiles, ProcessOfAnyName) {
    EXPECT_TRUE(rc::check("whatever its command is called", [] {
        const auto command = *rc::gen::container<std::string>(
            rc::gen::elementOf(std::string("ab ()\n\t0123456789-")));
        const auto own = *rc::gen::inRange<std::uint64_t>(0, 1'000'000'000);
        const auto children = *rc::gen::inRange<std::uint64_t>(0, 1'000'000'000);
        const auto process = parse_process(fmt::format(
            "4711 ({}) S 17 4711 4711 0 -1 4194304 100 200 0 0 {} 2 {} 4 20 0 9 0 123456 1000000 "
            "2500 18446744073709551615 1 1 0\n",
            command, own, children));
        RC_ASSERT(process.has_value());
        RC_ASSERT(process->pid == 4711);
        RC_ASSERT(process->parent == 17);
        RC_ASSERT(process->ticks == own + children + 6);
        RC_ASSERT(process->start_ticks == 123456U);
        RC_ASSERT(!process->ended());
    }));
}

TEST(ProcFiles, WhatIsNoProcess) {
    EXPECT_TRUE(parse_process("1 (a) Z 0 0 0 0 0 0 0 0 0 0 1 1 0 0 20 0 1 0 7 0 0")->ended());
    for (const char* bad :
         {"", "1", "1 (a) S 0 0 0", "x (a) S 0 0 0 0 0 0 0 0 0 0 1 1 0 0 2 0 1 0 7"})
        EXPECT_FALSE(parse_process(bad).has_value()) << bad;
}

TEST(ProcFiles, Pages) {
    const auto pages = parse_pages("25000 1200 300 50 0 900 0\n");
    ASSERT_TRUE(pages.has_value());
    EXPECT_EQ(pages->resident, 1200U);
    EXPECT_EQ(pages->shared, 300U);
    EXPECT_FALSE(parse_pages("25000 1200").has_value());
}

TEST(ProcFiles, WhoListens) {
    constexpr std::string_view kTcp =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
        "timeout "
        "inode\n"
        "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "5501 1 0000000000000000 100 0 0 10 0\n"
        "   1: 0100007F:1F40 0100007F:A2D4 01 00000000:00000000 00:00000000 00000000     0        "
        "0 "
        "5502 1 0000000000000000 20 4 30 10 -1\n"
        "   2: 00000000000000000000000001000000:1F40 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 00000000 0 0 5503 1 0000000000000000 100 0 0 10 0\n";
    EXPECT_EQ(listening_inodes(kTcp, 8000), (std::vector<std::uint64_t>{5501, 5503}));
    EXPECT_TRUE(listening_inodes(kTcp, 8001).empty());
}

}  // namespace
}  // namespace cellmon::harness::monitor
