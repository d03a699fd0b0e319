package io.github.clnorm.internal.runtime;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The allocations that a scope closes: those of one thread on one session since the scope was opened. The session's lock
 * guards it.
 */
final class ScopeMembers {

    private final Set<Allocation> members = Collections.newSetFromMap(new IdentityHashMap<>());

    void add(Allocation allocation) {
        members.add(allocation);
    }

    void remove(Allocation allocation) {
        members.remove(allocation);
    }

    void closeAll() {
        List.copyOf(members).forEach(Allocation::close);
    }
}
