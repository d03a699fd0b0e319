package io.github.clnorm.bench.peers;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/** The peers by name. clnorm comes first, because the ratios are relative to it. */
enum PeerName {
    CLNORM("clnorm", ClnormPeer::new),
    LIBTORCH("libtorch", LibTorchPeer::new),
    /** libtorch with an allocator that asks the system for huge pages. */
    LIBTORCH_HUGE_PAGES("libtorch-huge-pages", LibTorchPeer::new),
    ONEDNN("onednn", OneDnnPeer::new),
    ONNXRUNTIME("onnxruntime", OnnxRuntimePeer::new),
    JAVA("java", JavaPeer::new);

    private final String word;
    private final IntFunction<Peer> open;

    PeerName(String word, IntFunction<Peer> open) {
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

    /** Loads the library, for a number of threads. */
    Peer open(int threads) {
        return open.apply(threads);
    }

    /** Whether it measures workloads with additions: clnorm in one pass, libtorch in several. */
    boolean hasAdditions() {
        return this == CLNORM || this == LIBTORCH || this == LIBTORCH_HUGE_PAGES;
    }

    /** Whether its allocator asks for huge pages. */
    boolean hugePages() {
        return this == LIBTORCH_HUGE_PAGES;
    }

    /** The heading of its column. */
    String label() {
        return this == LIBTORCH_HUGE_PAGES ? LIBTORCH + ", huge pages" : word;
    }

    @Override
    public String toString() {
        return word;
    }
}
