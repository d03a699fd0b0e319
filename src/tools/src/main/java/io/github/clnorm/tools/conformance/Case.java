package io.github.clnorm.tools.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.type.ElementType;

/**
 * A case of the table.
 *
 * @param row the row in which it counts
 * @param type the type of that row; null if the row has none
 * @param name its name
 * @param body what it does
 */
record Case(String row, ElementType type, String name, Body body) {

    /** The body of a case. Any exception is a failure. */
    interface Body {
        void run(Backend backend, CaseCheck check);
    }
}
