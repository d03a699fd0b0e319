package io.github.clnorm.bench.peers;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The peers by name. clnorm comes first, because the ratios are relative to it. */
enum PeerName {
    CLNORM("clnorm", ClnormPeer::new),
    LIBTORCH("libtorch", LibTorchPeer::new),
    ONEDNN("onednn", OneDnnPeer::new),
    ONNXRUNTIME("onnxruntime", OnnxRuntimePeer::new),
    JAVA("java", JavaPeer::new);

    private final String word;
    private final Supplier<Peer> open;

    PeerName(String word, Supplier<Peer> open) {
        this.word = word;
        this.open = open;
    }

    static PeerName parse(String name) {
        return Arrays.stream(values())
                .filter(peer -> peer.word.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown peer '" + name + "': expected "
                        + Arrays.stream(values()).map(PeerName::toString).collect(Collectors.joining(", "))));
    }

    /** Loads the library. */
    Peer open() {
        return open.get();
    }

    @Override
    public String toString() {
        return word;
    }
}
