package io.github.clnorm.internal.driver;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Reads everything that a child prints, so that the child never blocks, and keeps the beginning. Thread-safe. */
final class ChildOutput implements Runnable {
    private static final int MAX_KEPT = 1 << 16;

    private final InputStream in;
    private final StringBuilder kept = new StringBuilder();

    ChildOutput(InputStream in) {
        this.in = in;
    }

    @Override
    public void run() {
        byte[] buffer = new byte[8192];
        try (in) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                keep(new String(buffer, 0, n, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // The child was killed.
            return;
        }
    }

    private synchronized void keep(String text) {
        if (kept.length() < MAX_KEPT) {
            kept.append(text, 0, Math.min(text.length(), MAX_KEPT - kept.length()));
        }
    }

    synchronized String text() {
        return kept.toString();
    }
}
