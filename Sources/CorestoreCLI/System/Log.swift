import CorestoreNIO
import Logging

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where connections are logged: nowhere, or to standard error at the level that CORESTORE_LOG names.
enum Log {
    static func logger() -> Logger {
        guard
            let level = ProcessInfo.processInfo.environment["CORESTORE_LOG"].flatMap({ Logger.Level(rawValue: $0) })
        else { return .silent }
        var logger = Logger(label: "corestore", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = level
        return logger
    }
}
