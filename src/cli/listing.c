/* SPDX-License-Identifier: Apache-2.0
 * What comes with Weft, of one kind: a row for each file, as a table or as JSON. */
#include "base/share.h"
#include "cli/cli.h"

weft_status cli_list_share(cli_call *call, bool json, const cli_listed *listed) {
    cli_listing list = {.call = call};
    if (json) {
        list.json = cli_json_create(call);
        if (list.json == NULL) {
            return call->error.status;
        }
        weft_json_array_begin(list.json);
    }
    cli_table_begin(&list.table, listed->headers, listed->align);
    weft_status status = weft_share_list(listed->kind, listed->row, &list, &call->error);
    weft_status printed = WEFT_OK;
    if (list.json == NULL) {
        printed = cli_table_print(&list.table, call);
    } else {
        weft_json_array_end(list.json);
        printed = cli_json_print(call, list.json);
    }
    return status != WEFT_OK ? status : list.status != WEFT_OK ? list.status : printed;
}
