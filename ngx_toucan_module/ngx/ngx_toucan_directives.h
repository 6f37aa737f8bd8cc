
/*
 * What the files of setters share.
 */


#ifndef _NGX_TOUCAN_DIRECTIVES_H_INCLUDED_
#define _NGX_TOUCAN_DIRECTIVES_H_INCLUDED_


#include "ngx/ngx_toucan.h"


/* Logs the value, quoted, and why it is none.  Returns NGX_CONF_ERROR. */
char *ngx_toucan_invalid(ngx_conf_t *cf, ngx_command_t *cmd, ngx_str_t *value,
    const char *why);

/* The list that a directive fills, made at its first use at this level; NULL
 * when memory is out. */
ngx_array_t *ngx_toucan_list(ngx_conf_t *cf, ngx_array_t **list, size_t size);

/* A list of strings that are not empty. */
char *ngx_toucan_strings(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_toucan_set_token.c */

char *ngx_toucan_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_token_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_toucan_set_identity.c */

char *ngx_toucan_claim(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_roles(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_attribute(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_permission(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_toucan_revocation.c */

char *ngx_toucan_revocation_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_toucan_revocation(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_toucan_set_place.c */

char *ngx_toucan_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_own_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_toucan_service.c */

char *ngx_toucan_api_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_mint_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_endpoint(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_exchange(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_TOUCAN_DIRECTIVES_H_INCLUDED_ */
