import Bitfield

extension Peer {
    /// What a driver may see of it.
    var status: PeerStatus {
        PeerStatus(
            fork: remote?.fork ?? 0, length: remote?.length ?? 0, contiguousLength: haves.contiguousLength,
            isUploading: remote?.isUploading ?? false, isDownloading: remote?.isDownloading ?? false,
            hasManifest: remote?.hasManifest ?? false, allowsPush: remote?.allowsPush ?? false,
            isPaused: conduct.isPaused, isBackingOff: pace.backOffEnd != nil, requestCount: requests.count,
            waitingRequestCount: uploads.count)
    }
}
