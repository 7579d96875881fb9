import Metrics
import Synchronization

/// Keeps the value of every counter and gauge, by label and dimensions: `name{key=value}`.
final class RecordingMetrics: MetricsFactory {
    private let values = Mutex<[String: Double]>([:])

    /// The value of a metric; `nil` where it was never reported.
    subscript(_ name: String) -> Double? { values.withLock { $0[name] } }

    /// The names of all that was reported.
    var names: Set<String> { values.withLock { Set($0.keys) } }

    private final class Metric: CounterHandler, MeterHandler {
        let name: String
        let factory: RecordingMetrics

        init(_ label: String, _ dimensions: [(String, String)], _ factory: RecordingMetrics) {
            let suffix = dimensions.map { "\($0)=\($1)" }.joined(separator: ",")
            name = suffix.isEmpty ? label : "\(label){\(suffix)}"
            self.factory = factory
        }

        func increment(by amount: Int64) { factory.values.withLock { $0[name, default: 0] += Double(amount) } }
        func reset() { factory.values.withLock { $0[name] = 0 } }
        func set(_ value: Int64) { set(Double(value)) }
        func set(_ value: Double) { factory.values.withLock { $0[name] = value } }
        func increment(by amount: Double) { factory.values.withLock { $0[name, default: 0] += amount } }
        func decrement(by amount: Double) { increment(by: -amount) }

        func destroy() { _ = factory.values.withLock { $0.removeValue(forKey: name) } }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Metric(label, dimensions, self)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        Metric(label, dimensions, self)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        preconditionFailure("no recorder is used: \(label)")
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        preconditionFailure("no timer is used: \(label)")
    }

    func destroyCounter(_ handler: any CounterHandler) { (handler as? Metric)?.destroy() }
    func destroyMeter(_ handler: any MeterHandler) { (handler as? Metric)?.destroy() }
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
