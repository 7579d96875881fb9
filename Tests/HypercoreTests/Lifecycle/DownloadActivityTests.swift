import Crypto
import Replication
import Testing

@testable import Hypercore

@Suite struct DownloadActivityTests {
    @Test func `a log that is wanted is downloaded at once, and for a while after it is not wanted any more`() {
        var activity = DownloadActivity()
        #expect(!activity.update(isWanted: false, now: 0) { 30_000 })
        #expect(!activity.isDownloading && activity.nextDeadline == nil)
        #expect(activity.update(isWanted: true, now: 10) { 30_000 })
        #expect(activity.isDownloading && activity.nextDeadline == nil)
        #expect(!activity.update(isWanted: false, now: 1000) { 30_000 })
        #expect(activity.isDownloading && activity.nextDeadline == 31_000)
        #expect(!activity.update(isWanted: false, now: 30_999) { 5 })
        #expect(activity.isDownloading && activity.nextDeadline == 31_000)
        #expect(activity.update(isWanted: false, now: 31_000) { 5 })
        #expect(!activity.isDownloading && activity.nextDeadline == nil)
    }

    @Test func `a log that is wanted again while it lingers goes on as if nothing had happened`() {
        var activity = DownloadActivity()
        _ = activity.update(isWanted: true, now: 0) { 10 }
        _ = activity.update(isWanted: false, now: 5) { 10 }
        #expect(!activity.update(isWanted: true, now: 14) { 10 })
        #expect(activity.isDownloading && activity.nextDeadline == nil)
        #expect(!activity.update(isWanted: false, now: 15) { 10 })
        #expect(activity.nextDeadline == 25)
    }

    @Test func `the time to linger is from 20 to 40 seconds`() {
        let policy = IdlePolicy()
        for _ in 0..<200 {
            #expect((.seconds(20) ... .seconds(40)).contains(policy.pick(policy.linger)))
        }
        #expect(IdlePolicy.random(in: .seconds(3) ... .seconds(3)) == .seconds(3))
    }

    @Test(arguments: [
        (true, false, true, true), (true, true, true, false), (true, false, false, false), (false, false, true, false),
    ])
    func `a channel that was closed there is opened again if that was a mistake`(
        isWanted: Bool, remoteDownloads: Bool, remoteUploads: Bool, reopens: Bool
    ) {
        var sync = SyncMessage.announcing(length: 0)
        (sync.isDownloading, sync.isUploading) = (remoteDownloads, remoteUploads)
        #expect(PeerIdleness(sync).reopens(whileDownloading: isWanted) == reopens)
    }
}

@Suite struct ReopeningTests {
    private let key = TestStore.key().discoveryKey

    @Test func `each failure that follows another waits twice as long, up to a minute`() {
        var reopening = Reopening()
        var now = ContinuousClock.now
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            reopening.failed(key, now: now)
            #expect(reopening.nextDeadline == now + .seconds(seconds))
            #expect(reopening.isWaiting(key, now: now + .seconds(seconds) - .milliseconds(1)))
            #expect(reopening.takeDue(now: now + .seconds(seconds) - .milliseconds(1)).isEmpty)
            now += .seconds(seconds)
            #expect(!reopening.isWaiting(key, now: now))
            #expect(reopening.takeDue(now: now) == [key])
            #expect(reopening.takeDue(now: now).isEmpty && reopening.nextDeadline == nil)
        }
        now += .seconds(600)
        reopening.failed(key, now: now)
        #expect(reopening.nextDeadline == now + .seconds(1))
    }

    @Test func `cores are due each in their own time`() {
        var reopening = Reopening()
        let other = TestStore.key("other").discoveryKey
        let now = ContinuousClock.now
        reopening.failed(key, now: now)
        reopening.failed(other, now: now + .milliseconds(500))
        #expect(reopening.takeDue(now: now + .seconds(1)) == [key])
        #expect(reopening.nextDeadline == now + .milliseconds(1500))
        #expect(reopening.isWaiting(other, now: now + .seconds(1)))
    }
}
