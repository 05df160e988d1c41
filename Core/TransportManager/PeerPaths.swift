final class PeerPaths {}
