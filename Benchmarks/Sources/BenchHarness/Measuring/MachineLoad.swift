#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How busy the machine is with other things.
public struct MachineLoad: Sendable, Equatable {
    /// Cores that are there.
    public let coreCount: Int
    /// Processes that ran or waited to run, in the mean over the last minute.
    public let loadAverage: Double

    /// A load of the given parts.
    public init(coreCount: Int, loadAverage: Double) {
        self.coreCount = coreCount
        self.loadAverage = loadAverage
    }

    /// The load now; `nil` on a system that does not tell.
    public static var now: MachineLoad? {
        var average = 0.0
        guard getloadavg(&average, 1) == 1 else { return nil }
        return MachineLoad(coreCount: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), loadAverage: average)
    }

    /// What to tell whoever reads the figures; `nil` on a machine that is idle enough to rely on them.
    public var warning: String? {
        guard loadAverage > Double(coreCount) / 4 else { return nil }
        return """
            the machine is busy (load average \(Table.tenths(loadAverage)) on \(coreCount) cores): rates are low and \
            spread, and only "by CPU" is comparable
            """
    }
}
