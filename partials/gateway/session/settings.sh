    echo "map \$allowed_origin \$allowed_credentials { default true; '' ''; }"
