#include "telemetry/metrics.hpp"

#include <limits>
#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "base/assert.hpp"

namespace cellmon::telemetry {

namespace {

prometheus::MetricType type_of(MetricKind kind) {
    switch (kind) {
        case MetricKind::counter:
            return prometheus::MetricType::Counter;
        case MetricKind::gauge:
            return prometheus::MetricType::Gauge;
        case MetricKind::histogram:
            return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram histogram_of(const HistogramValue& value) {
    CELLMON_ASSERT(value.upper_bounds.size() == value.cumulative_counts.size());
    prometheus::ClientMetric::Histogram histogram;
    histogram.sample_count = value.count;
    histogram.sample_sum = value.sum;
    for (std::size_t i = 0; i < value.upper_bounds.size(); ++i) {
        histogram.bucket.push_back({value.cumulative_counts[i], value.upper_bounds[i]});
    }
    histogram.bucket.push_back({value.count, std::numeric_limits<double>::infinity()});
    return histogram;
}

prometheus::MetricFamily convert(MetricFamily&& family) {
    prometheus::MetricFamily out;
    out.name = std::move(family.name);
    out.help = std::move(family.help);
    out.type = type_of(family.kind);
    for (Sample& sample : family.samples) {
        prometheus::ClientMetric metric;
        for (auto& [name, value] : sample.labels) {
            metric.label.push_back({std::move(name), std::move(value)});
        }
        switch (family.kind) {
            case MetricKind::counter:
                metric.counter.value = sample.value;
                break;
            case MetricKind::gauge:
                metric.gauge.value = sample.value;
                break;
            case MetricKind::histogram:
                metric.histogram = histogram_of(sample.histogram);
                break;
        }
        out.metric.push_back(std::move(metric));
    }
    return out;
}

MetricFamily single(std::string name, std::string help, MetricKind kind, double value) {
    MetricFamily family{std::move(name), std::move(help), kind, {}};
    family.samples.emplace_back().value = value;
    return family;
}

}  // namespace

MetricFamily gauge(std::string name, std::string help, double value) {
    return single(std::move(name), std::move(help), MetricKind::gauge, value);
}

MetricFamily counter(std::string name, std::string help, double value) {
    return single(std::move(name), std::move(help), MetricKind::counter, value);
}

void Metrics::add(Collector collector) {
    const std::scoped_lock lock(mutex_);
    collectors_.push_back(std::move(collector));
}

std::string Metrics::text() const {
    std::vector<prometheus::MetricFamily> families;
    {
        const std::scoped_lock lock(mutex_);
        for (const Collector& collector : collectors_) {
            for (MetricFamily& family : collector())
                families.push_back(convert(std::move(family)));
        }
    }
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return out.str();
}

}  // namespace cellmon::telemetry
