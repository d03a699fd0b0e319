/** The command line: a package for each task of a user, and packages for the work that the commands share. */
package io.github.clnorm.tools;
