package io.github.clnorm.tools.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.type.ElementType;

/**
 * One case of the table.
 *
 * @param row the row that it counts in
 * @param type the type of that row; null for a row without
 * @param name its name
 * @param body what it does
 */
record Case(String row, ElementType type, String name, Body body) {

    /** What a case does: anything it throws is a failure. */
    interface Body {
        void run(Backend backend, CaseCheck check);
    }
}
