package io.github.clnorm.tools.compilers;

import java.util.List;

/**
 * What a compiler made of a kernel.
 *
 * @param resources what it takes; null if it did not build
 * @param listing its instructions; null if it did not build
 * @param messages errors and warnings of the compiler
 */
record Compiled(Resources resources, Listing listing, List<String> messages) {

    Compiled {
        messages = List.copyOf(messages);
    }

    static Compiled failed(List<String> messages) {
        return new Compiled(null, null, messages);
    }

    boolean built() {
        return resources != null;
    }
}
