/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `seawall-agent` program: hands over to the command that was named.
 */
#include "command.h"

int main(int argc, char **argv)
{
    return sw_agent_run(argc, argv);
}
