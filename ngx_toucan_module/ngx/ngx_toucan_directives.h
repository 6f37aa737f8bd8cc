
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

/* ngx_toucan_zone.c */

/* Zones have at least so many pages. */

#define NGX_TOUCAN_REVOCATION_PAGES  8
#define NGX_TOUCAN_CACHE_PAGES       16

/* Reads NAME:SIZE.  NULL, or what is wrong with it. */
const char *ngx_toucan_zone_size(ngx_str_t *value, ngx_uint_t pages,
    ngx_str_t *name, size_t *size);

/* The setter of a directive that names a zone of this tag, or "off". */
char *ngx_toucan_zone_name(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_shm_zone_t **zone, void *tag);

/* NGX_ERROR, and it was logged, when the zone that the directive names was
 * made nowhere. */
ngx_int_t ngx_toucan_zone_made(ngx_conf_t *cf, ngx_shm_zone_t *zone,
    const char *directive);

/* All that is free in a new zone, *size bytes in one piece, which becomes
 * shpool->data; NULL when there is nothing. */
void *ngx_toucan_zone_block(ngx_slab_pool_t *shpool, size_t *size);

/* ngx_toucan_cache.c */

char *ngx_toucan_cache_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_toucan_set_token.c */

char *ngx_toucan_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_toucan_token_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_toucan_session.c */

char *ngx_toucan_session(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

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
