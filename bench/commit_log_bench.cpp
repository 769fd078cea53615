// Appends through the journal's CommitLog: id index, CRC of each payload, chain, one write and one
// fdatasync a group.
//
//     bench_commit_log DIR GROUP SECONDS IDS
//
// First puts IDS ids into the index (in groups of 4096 with short payloads, not measured), then
// appends groups of GROUP events of 570 bytes with random ids. maintain() runs on a thread of its
// own, as in the server; its CPU is in "cpu_all_us". Building the payloads' ids is not counted as
// CPU of the appending thread, their CRC is. Prints JSON.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <time.h>

#include "base/clock.hpp"
#include "base/crc32c.hpp"
#include "base/random.hpp"
#include "io/file_system.hpp"
#include "journal/commit_log.hpp"
#include "warm_memory.hpp"

namespace {

using namespace cellmon;

constexpr std::size_t kPayloadBytes = 570;
constexpr std::size_t kFillGroup = 4096;

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double cpu(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

[[noreturn]] void die(const Error& error) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
    std::exit(1);
}

/// A group of entries whose ids are made anew for each commit.
class Group {
  public:
    Group(std::size_t size, std::size_t payload_bytes) : entries_(size) {
        payloads_.reserve(size);
        for (std::size_t i = 0; i < size; ++i) {
            std::string text = "{\"eventType\":\"cell_executed\",\"code\":\"" + std::to_string(i);
            text.resize(payload_bytes - 2, 'x');
            payloads_.push_back(text + "\"}");
            entries_[i].payload = payloads_.back();
            pointers_.push_back(&entries_[i]);
        }
    }

    void new_ids(SeededRandom& random) {
        for (auto& entry : entries_) {
            entry.id = random.id();
            entry.content_hash = random.u64();
            entry.kind = journal::EntryKind::event;
        }
    }

    void commit(journal::CommitLog& log) {
        for (auto& entry : entries_)
            entry.payload_crc = crc32c(entry.payload);
        if (const auto committed = log.commit(pointers_); !committed) die(committed.error());
    }

  private:
    std::vector<std::string> payloads_;
    std::vector<journal::NewEntry> entries_;
    std::vector<journal::NewEntry*> pointers_;
};

void maintain_all(journal::CommitLog& log) {
    while (true) {
        const auto worked = log.maintain();
        if (!worked) die(worked.error());
        if (!*worked) return;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const std::string directory = std::string(argv[1]) + "/journal";
    const auto size = std::strtoul(argv[2], nullptr, 10);
    const double seconds = std::strtod(argv[3], nullptr);
    const auto ids = std::strtoull(argv[4], nullptr, 10);

    const auto files = io::make_posix_file_system();
    const SystemClock clock;
    SystemRandom system_random;
    journal::JournalLimits limits;
    limits.disk_reserve_bytes = 0;
    auto log = journal::CommitLog::open(*files, directory, limits, clock, system_random);
    if (!log) die(log.error());

    SeededRandom random(system_random.u64());
    {
        Group filler(kFillGroup, 64);
        while ((*log)->ids().size() < ids) {
            filler.new_ids(random);
            filler.commit(**log);
            if ((*log)->ids().overloaded()) maintain_all(**log);
        }
        maintain_all(**log);
    }

    Group group(size, kPayloadBytes);
    std::jthread housekeeper([&log](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            maintain_all(**log);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    });
    warm_memory(warm_bytes(size));
    std::size_t groups = 0;
    double wall = 0;
    double thread_cpu = 0;
    double generator_cpu = 0;
    const double process_begin = cpu(CLOCK_PROCESS_CPUTIME_ID);
    while (wall < seconds) {
        const double generate = cpu(CLOCK_THREAD_CPUTIME_ID);
        group.new_ids(random);
        const double cpu_begin = cpu(CLOCK_THREAD_CPUTIME_ID);
        const double begin = now();
        group.commit(**log);
        wall += now() - begin;
        thread_cpu += cpu(CLOCK_THREAD_CPUTIME_ID) - cpu_begin;
        generator_cpu += cpu_begin - generate;
        ++groups;
    }
    const double all = cpu(CLOCK_PROCESS_CPUTIME_ID) - process_begin - generator_cpu;
    housekeeper.request_stop();
    housekeeper.join();
    const double events = static_cast<double>(groups * size);
    std::printf(
        "{\"events_per_s\": %.1f, \"cpu_us\": %.4f, \"cpu_all_us\": %.4f, \"record_bytes\": %llu, "
        "\"ids\": %llu, \"runs\": %zu}\n",
        events / wall, thread_cpu / events * 1e6, all / events * 1e6,
        static_cast<unsigned long long>((*log)->last_record_bytes()),
        static_cast<unsigned long long>((*log)->ids().size()), (*log)->ids().run_count());
    log->reset();
    std::filesystem::remove_all(directory);
}
