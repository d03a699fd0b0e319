package io.github.clnorm.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What a wrong request prints: one line, before any work. */
@Isolated("replaces standard error")
class PeersOptionsTest {

    private static void rejected(String expected, String... arguments) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int code;
        try (PrintStream captured = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            System.setErr(captured);
            code = Peers.run(arguments);
        } finally {
            System.setErr(before);
        }
        String text = bytes.toString(StandardCharsets.UTF_8);
        assertEquals(2, code, text);
        assertEquals(1, text.lines().count(), text);
        assertTrue(text.startsWith("clnorm: ") && text.contains(expected), text);
    }

    @Test
    void anUnknownNameIsRejectedWithTheKnownOnes() {
        rejected("unknown type 'float64': expected float16, bfloat16, float32", "--dtype", "float64");
        rejected("unknown suite 'sd': expected quick, sd-unet", "--suite", "sd");
        rejected("unknown layout 'nhwc': expected channels_first, channels_last", "--layout", "nhwc");
        rejected("unknown direction 'both': expected forward, backward", "--direction", "both");
        rejected(
                "unknown peer 'torch': expected clnorm, libtorch, libtorch-huge-pages, onednn, onnxruntime, java",
                "--peer",
                "torch");
    }

    @Test
    void aNumberOutOfRangeIsRejected() {
        rejected("--chain: expected 1 or more calls, got 0", "--chain", "0");
        rejected("--threads: expected 1 to", "--threads", "0");
        rejected("--threads: expected 1 to", "--threads", "1,100000");
        rejected("expected --forks, --time and --warmup above 0", "--forks", "0");
        rejected("expected --forks, --time and --warmup above 0", "--time", "NaN");
        rejected("Invalid value for option '--chain'", "--chain", "many");
    }

    @Test
    void anEmptyElementOfAListIsRejected() {
        rejected("--dtype: 'float16,' has an empty element", "--dtype", "float16,");
        rejected("Invalid value for option '--chain' (N): '' is not an int", "--chain", "1,,32");
    }

    @Test
    void anUnknownOptionIsRejected() {
        rejected("Unknown options: '--type', 'float16'", "--type", "float16");
    }
}
