import Hypercore

/// Whoever speaks over a simulated connection.
protocol SimulatedEnd: AnyObject {
    func start(on transport: any StreamTransport)
    func receive(_ bytes: [UInt8])
    func transportClosed(_ error: (any Error)?)
    func tick()
    var nextDeadline: ContinuousClock.Instant? { get }
}

extension ReplicationStream: SimulatedEnd {}
