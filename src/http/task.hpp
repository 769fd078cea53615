#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace cellmon::http {

/// Work to be done once. Unlike std::function it may own what can only be moved, a Responder for
/// example. Any callable converts to it.
class Task {
  public:
    template <typename F>
        requires(std::invocable<F&> && !std::same_as<std::remove_cvref_t<F>, Task>)
    Task(F&& work)  // NOLINT(google-explicit-constructor): any callable is a task.
        : work_(std::make_unique<Model<std::remove_cvref_t<F>>>(std::forward<F>(work))) {}

    void operator()() { work_->run(); }

  private:
    struct Concept {
        virtual ~Concept() = default;
        virtual void run() = 0;
    };
    template <typename F>
    struct Model final : Concept {
        template <typename G>
        explicit Model(G&& work) : work_(std::forward<G>(work)) {}
        void run() override { work_(); }
        F work_;
    };

    std::unique_ptr<Concept> work_;
};

}  // namespace cellmon::http
