// Students who come back from a time without a connection: each posts all that happened meanwhile,
// all of them in the same moment, each on a connection of its own.
//
//     bench_offline_sessions URL bulk|events ITEMS STUDENTS MINUTES CROWDS IDS
//
// CROWDS classes of STUDENTS × MINUTES, one after the other, by POST /api/v1/offline/bulk or
// /api/v1/events; at most ITEMS events in a body (0: all), the next body behind the answer of the
// one before. What is answered 503 is sent again when the server asks for it. Everything is made
// before: prints `ready`, waits for a line, then prints JSON. Each answer must say that each of its
// events was stored, or it ends with status 1. IDS is a file that gets the ids, one a line.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/clock.hpp"
#include "base/histogram.hpp"
#include "harness/classroom/classroom.hpp"
#include "harness/load/answer.hpp"
#include "harness/load/http_pool.hpp"

namespace {

using namespace cellmon;
using namespace cellmon::harness;

constexpr std::int64_t kTimeoutUs = 120'000'000;

struct Options {
    std::string url;
    bool is_bulk = false;
    std::size_t items = 0;
    std::uint32_t students = 0;
    std::int64_t minutes = 0;
    std::uint64_t crowds = 0;
    std::string ids;
};

[[noreturn]] void give_up(const std::string& why) {
    fmt::print(stderr, "bench_offline_sessions: {}\n", why);
    std::exit(1);
}

template <typename T>
T good(Result<T> result) {
    if (!result) give_up(result.error().message);
    return std::move(*result);
}

struct Body {
    std::vector<std::string> ids;
    std::string text;
};

/// What one student has to say, in the order in which it is sent.
using Session = std::vector<Body>;
using Crowd = std::vector<Session>;

Crowd make_crowd(const Options& options, std::uint64_t seed, std::ofstream& ids) {
    ClassPlan plan;
    plan.students = options.students;
    plan.minutes = options.minutes;
    plan.seed = seed;
    plan.start_us = SystemClock().now_us() - options.minutes * 60'000'000;
    plan.class_code.clear();
    if (const auto good = plan.check(); !good) give_up(good.error().message);
    Classroom classroom(plan);
    Crowd crowd(options.students);
    while (const auto event = classroom.next()) {
        Session& session = crowd[event->student];
        const bool is_full =
            !session.empty() && options.items > 0 && session.back().ids.size() == options.items;
        if (session.empty() || is_full) session.emplace_back();
        Body& body = session.back();
        body.text += body.ids.empty() ? "[" : ",";
        body.text += event->json;
        body.ids.push_back(event->id.to_string());
        ids << body.ids.back() << '\n';
    }
    std::erase_if(crowd, [](const Session& session) { return session.empty(); });
    for (Session& session : crowd) {
        for (Body& body : session)
            body.text += ']';
    }
    return crowd;
}

/// Whether it has a result for each event, in their order, and each is stored for the first time.
bool is_whole(const std::string& answer, const Body& body) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    simdjson::dom::array results;
    if (parser.parse(answer).get(root) != simdjson::SUCCESS) return false;
    if (root["results"].get(results) != simdjson::SUCCESS) return false;
    if (results.size() != body.ids.size()) return false;
    std::size_t index = 0;
    for (const simdjson::dom::element result : results) {
        std::string_view outcome;
        std::string_view id;
        if (result["outcome"].get(outcome) != simdjson::SUCCESS || outcome != "stored")
            return false;
        if (result["event_id"].get(id) != simdjson::SUCCESS || id != body.ids[index++])
            return false;
    }
    return true;
}

class Run {
  public:
    explicit Run(const Options& options)
        : options_(options),
          pool_(good(HttpPool::create(
              good(Endpoint::parse(options.url)), options.students, clock_, kTimeoutUs,
              options.is_bulk ? "/api/v1/offline/bulk" : "/api/v1/events"))) {}

    void play(const Crowd& crowd) {
        const std::int64_t began_us = clock_.steady_us();
        places_.assign(crowd.size(), 0);
        for (std::size_t student = 0; student < crowd.size(); ++student)
            send(crowd, student);
        while (pool_.busy_count() > 0 || !again_.empty()) {
            ended_.clear();
            std::int64_t until_us = clock_.steady_us() + 1'000'000;
            if (!again_.empty()) until_us = std::min(until_us, again_.front().at_us);
            pool_.poll(until_us, ended_);
            for (Exchange& exchange : ended_)
                take(crowd, exchange);
            send_again(crowd);
        }
        seconds_ += static_cast<double>(clock_.steady_us() - began_us) / 1e6;
    }

    [[nodiscard]] std::string report() const {
        const auto ms = [&](double fraction) {
            return static_cast<double>(latency_.quantile_us(fraction)) / 1e3;
        };
        return fmt::format(
            R"({{"events":{},"bodies":{},"bytes":{},"answer_bytes":{},"seconds":{:.6f},)"
            R"("p50_ms":{:.3f},"p95_ms":{:.3f},"max_ms":{:.3f},"answered_503":{}}})",
            events_, latency_.count(), bytes_, answer_bytes_, seconds_, ms(0.5), ms(0.95), ms(1),
            unavailable_);
    }

  private:
    struct Again {
        std::int64_t at_us;
        std::size_t student;
    };

    void send(const Crowd& crowd, std::size_t student) {
        pool_.send(student, student, crowd[student][places_[student]].text);
    }

    void send_again(const Crowd& crowd) {
        const std::int64_t now_us = clock_.steady_us();
        for (std::size_t i = 0; i < again_.size();) {
            if (again_[i].at_us > now_us) {
                ++i;
                continue;
            }
            send(crowd, again_[i].student);
            again_.erase(again_.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }

    void take(const Crowd& crowd, Exchange& exchange) {
        const std::size_t student = exchange.connection;
        const Body& body = crowd[student][places_[student]];
        if (!exchange.answered()) give_up("no answer within two minutes");
        if (exchange.response.status == 503) {
            ++unavailable_;
            again_.push_back(
                {clock_.steady_us() + exchange.response.retry_after_s * 1'000'000, student});
            return;
        }
        if (!is_good(exchange, body)) {
            give_up(fmt::format("{}: {}", exchange.response.status,
                                exchange.response.body.substr(0, 500)));
        }
        latency_.record(exchange.ended_us - exchange.sent_us);
        events_ += body.ids.size();
        bytes_ += body.text.size();
        answer_bytes_ += exchange.response.body.size();
        if (++places_[student] < crowd[student].size()) send(crowd, student);
    }

    [[nodiscard]] bool is_good(Exchange& exchange, const Body& body) {
        if (options_.is_bulk) {
            return exchange.response.status == 200 && is_whole(exchange.response.body, body);
        }
        const Verdict verdict = reader_.read(exchange, body.ids.size());
        return !verdict.try_again && verdict.duplicates == 0 &&
               std::ranges::all_of(verdict.outcomes,
                                   [](Outcome outcome) { return outcome == Outcome::acked; });
    }

    const Options& options_;
    const SystemClock clock_;
    HttpPool pool_;
    AnswerReader reader_;
    std::vector<std::size_t> places_;  ///< The body of each student that is on its way.
    std::vector<Exchange> ended_;
    std::vector<Again> again_;
    Histogram latency_;
    std::size_t events_ = 0;
    std::size_t bytes_ = 0;
    std::size_t answer_bytes_ = 0;
    std::size_t unavailable_ = 0;
    double seconds_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 8) return 2;
    Options options;
    options.url = argv[1];
    options.is_bulk = std::string_view(argv[2]) == "bulk";
    options.items = std::strtoul(argv[3], nullptr, 10);
    options.students = static_cast<std::uint32_t>(std::strtoul(argv[4], nullptr, 10));
    options.minutes = std::strtol(argv[5], nullptr, 10);
    options.crowds = std::strtoul(argv[6], nullptr, 10);
    std::ofstream ids(argv[7], std::ios::trunc);
    std::vector<Crowd> crowds;
    for (std::uint64_t seed = 1; seed <= options.crowds; ++seed)
        crowds.push_back(make_crowd(options, seed, ids));
    ids.close();
    if (!ids) give_up("the file of ids cannot be written");
    Run run(options);
    fmt::print("ready\n");
    std::fflush(stdout);
    if (std::getchar() == EOF) return 1;
    for (const Crowd& crowd : crowds)
        run.play(crowd);
    fmt::print("{}\n", run.report());
}
