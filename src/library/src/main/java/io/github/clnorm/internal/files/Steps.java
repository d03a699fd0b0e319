package io.github.clnorm.internal.files;

import java.io.IOException;

/** Called before each step of a commit. Tests stop, fail or kill the process there. */
interface Steps {

    Steps NONE = step -> {};

    /** Receives the name of a step, for example "rename y.npy". */
    void before(String step) throws IOException;
}
