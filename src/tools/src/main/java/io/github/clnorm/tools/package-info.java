/** The command line: a package for each thing that a user does, and packages for the work behind the commands. */
package io.github.clnorm.tools;
