#include "http/io_threads.hpp"

#include <string>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "base/assert.hpp"
#include "base/thread.hpp"

namespace cellmon::http {

struct IoThreads::Loop {
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
        context.get_executor()};
    std::atomic<std::thread::id> id{};
    std::thread thread;
};

IoThreads::IoThreads(unsigned threads) {
    CELLMON_ASSERT(threads > 0);
    for (unsigned i = 0; i < threads; ++i)
        loops_.push_back(std::make_unique<Loop>());
}

IoThreads::~IoThreads() {
    stop();
    join();
}

unsigned IoThreads::size() const {
    return static_cast<unsigned>(loops_.size());
}

void IoThreads::start() {
    running_ = true;
    for (unsigned i = 0; i < size(); ++i) {
        Loop& loop = *loops_[i];
        CELLMON_ASSERT(!loop.thread.joinable());
        loop.thread = std::thread([&loop, i] {
            set_thread_name("cellmon-io" + std::to_string(i));
            loop.id = std::this_thread::get_id();
            loop.context.run();
            loop.id = std::thread::id();
        });
    }
}

void IoThreads::post(unsigned thread, Task work) {
    CELLMON_ASSERT(thread < size());
    boost::asio::post(loops_[thread]->context, [task = std::move(work)]() mutable { task(); });
}

bool IoThreads::on_thread(unsigned thread) const {
    CELLMON_ASSERT(thread < size());
    return loops_[thread]->id.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void IoThreads::stop() {
    running_ = false;
    for (auto& loop : loops_)
        loop->context.stop();
}

void IoThreads::join() {
    for (auto& loop : loops_) {
        if (loop->thread.joinable()) loop->thread.join();
    }
}

boost::asio::io_context& IoThreads::context(unsigned thread) {
    CELLMON_ASSERT(thread < size());
    return loops_[thread]->context;
}

}  // namespace cellmon::http
