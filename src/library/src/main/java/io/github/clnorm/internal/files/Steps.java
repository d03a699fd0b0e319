package io.github.clnorm.internal.files;

import java.io.IOException;

/** Is told of the steps of a commit; tests stop, fail or kill the process there. */
interface Steps {

    Steps NONE = step -> {};

    /** Before a step, such as "rename y.npy". */
    void before(String step) throws IOException;
}
