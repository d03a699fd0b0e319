package io.github.clnorm.tools.tutorial;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is read of a kernel's parameters. */
class SignatureTest {

    @Test
    void parametersAreReadInOrder() {
        assertEquals(
                List.of(
                        new Signature.Parameter("x", true, false),
                        new Signature.Parameter("y", true, true),
                        new Signature.Parameter("N", false, false),
                        new Signature.Parameter("eps", false, false)),
                Signature.of(
                        """
                        // __kernel void second(
                        __kernel void first(__global float *z) {}
                        __kernel __attribute__((reqd_work_group_size(4, 1, 1))) void
                        second(__global const float *x, // [N, C, S]
                               __global float *y, const uint N, const float eps)
                        {
                        }
                        """,
                        "second"));
    }

    @Test
    void whatIsNotUnderstoodIsAnError() {
        assertThrows(IllegalArgumentException.class, () -> Signature.of("__kernel void a(uint N) {}", "b"));
        assertThrows(IllegalArgumentException.class, () -> Signature.of("__kernel void a(image2d_t x) {}", "a"));
    }
}
